#include "kernels/core/parallel_for.h"
#include "kernels/registration/resample.h"

namespace fg::cpu {

void resample(const Resample& op) {
  const ImageView<float>& out = op.output;
  parallel_for(out.planes() * out.height, [&](std::int64_t job) {
    const PlaneView<const float> from = op.input.plane(job / out.height);
    const PlaneView<float> to = out.plane(job / out.height);
    const int y = static_cast<int>(job % out.height);
    for (int x = 0; x < out.width; ++x) to.at(y, x) = resampled(from, op.rows.at(y), op.columns.at(x));
  });
}

}  // namespace fg::cpu
