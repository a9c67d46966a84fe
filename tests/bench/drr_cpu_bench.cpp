// How long DRRs and their gradients take on this machine's processor: wall time, and processor time of all threads, which
// says more where others share the machine.

#include <chrono>
#include <cstdio>
#include <ctime>
#include <functional>

#include "tests/bench/drr_volume.h"
#include "tests/bench/median.h"

namespace {

double processor_ms() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return 1e3 * static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_nsec);
}

void measure(const char* what, const std::function<void()>& body) {
  std::vector<double> wall, processor;
  for (int run = -1; run < 9; ++run) {
    const auto begin = std::chrono::steady_clock::now();
    const double before = processor_ms();
    body();
    if (run < 0) continue;
    processor.push_back(processor_ms() - before);
    wall.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
  }
  std::printf("%-60s median %8.1f ms, %8.1f ms of processor time\n", what, fg::bench::median(wall),
              fg::bench::median(processor));
}

template <class T>
void measure_type(const char* type, const std::vector<T>& volume, const FgDrrValues& values) {
  std::vector<float> images(200 * 200), g(200 * 200, 1.0f);
  fg::Drr<T> op = fg::bench::drr_of(volume.data(), fg::bench::drr_bench_pose(), 1, 200, images.data());
  op.values = values;
  const std::string name = std::string("drr 200x200, 500 samples, 512x512x133 ") + type;
  measure(name.c_str(), [&] { fg::cpu::drr(op); });
  fg::DrrGradient<T> gradient;
  gradient.forward = op;
  gradient.image_gradient = {g.data(), 1, 1, 200, 200, 40000, 40000, 200, 1};
  std::vector<double> pose(12);
  gradient.poses = {pose.data(), {12, 4, 1}};
  std::vector<double> scratch(fg::cpu::drr_gradient_scratch_bytes(gradient) / sizeof(double));
  measure((name + " gradient by pose").c_str(), [&] {
    fg::cpu::drr_gradient(gradient, {scratch.data(), scratch.size() * sizeof(double)});
  });
  op.method = fg::DrrMethod::siddon;
  measure((name + " siddon").c_str(), [&] { fg::cpu::drr(op); });
}

}  // namespace

int main() {
  measure_type<float>("fp32", fg::bench::drr_volume<float>([](float mu) { return mu; }), {0, 1, 0, 0, 0, 0});
  measure_type<fg::Half>("fp16", fg::bench::drr_volume<fg::Half>([](float mu) { return fg::to_half(mu); }),
                         {0, 1, 0, 0, 0, 0});
  measure_type<std::int16_t>("int16 HU", fg::bench::drr_volume<std::int16_t>([](float mu) {
                               return static_cast<std::int16_t>(mu / 0.0192f * 1000 - 1000);
                             }),
                             {1, 1, 0, 0.0192f, 0.0192f / 1000, 0.0381f / 1000});
}
