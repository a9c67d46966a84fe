// How long FLIP takes on this CPU. Inputs are noise; nothing is read from disk.

#include <chrono>
#include <string>
#include <vector>

#include "kernels/flip/flip.h"
#include "tests/bench/median.h"
#include "tests/kernels/test_images.h"

namespace {

template <class T>
void measure(const std::string& what, bool linear, int runs) {
  const fg::test::Shape shape{1, 3, 1080, 1920};
  const auto x = fg::test::make_image<T>(shape, fg::test::noisy_scene),
             y = fg::test::make_image<T>(shape, fg::test::scene);
  double mean = 0;
  fg::Flip<T> op;
  op.x = x.const_view();
  op.y = y.const_view();
  op.linear = linear;
  op.exposures = {-4, 3, 8};
  op.pixels_per_degree = 67.0206;
  op.mean = &mean;
  std::vector<double> scratch(fg::cpu::flip_scratch_bytes(op) / sizeof(double));
  std::vector<double> microseconds;
  for (int run = -2; run < runs; ++run) {
    const auto begin = std::chrono::steady_clock::now();
    fg::cpu::flip(op, {scratch.data(), scratch.size() * sizeof(double)});
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin;
    if (run >= 0) microseconds.push_back(took.count());
  }
  fg::bench::print_line(("flip cpu " + what).c_str(), microseconds, 2.0 * 3 * 1080 * 1920 * sizeof(T));
}

}  // namespace

int main() {
  measure<std::uint8_t>("LDR 1x3x1080x1920 uint8", false, 21);
  measure<float>("LDR 1x3x1080x1920 float32", false, 21);
  measure<float>("HDR, 8 exposures, 1x3x1080x1920 float32", true, 7);
}
