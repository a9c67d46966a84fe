// fg_flip: arguments checked once and completely, then one call of a kernel.

#include "kernels/flip/flip.h"

#include <string>
#include <vector>

#include "kernels/flip/flip_window.h"
#include "plugin/abi/op_checks.h"
#include "plugin/abi/ssim2d_checks.h"

namespace fg::abi {
namespace {

constexpr OpNames kNames{"fg_flip", "fg_flip_scratch_bytes", "FgFlip", "fg_flip_defaults"};
constexpr double kMostStops = 100;  // 2^100 of a light that floats hold, and its inverse, are floats

void check_exposures(const Checker& check, const FgFlip& op) {
  checked_enum(check, "tone_mapper", op.tone_mapper, FG_FLIP_HABLE,
               "FG_FLIP_ACES (0), FG_FLIP_REINHARD (1) or FG_FLIP_HABLE (2)");
  check.expect(op.exposures >= 0 && op.exposures <= kMaxFlipExposures,
               "exposures is " + std::to_string(op.exposures) + "; expected at most " +
                   std::to_string(kMaxFlipExposures) + ", or 0 for those that the reference asks for");
  if (op.exposures == 0) return;
  check.expect(op.start_exposure >= -kMostStops && op.start_exposure <= op.stop_exposure &&
                   op.stop_exposure <= kMostStops,
               "the exposures go from " + text(op.start_exposure) + " to " + text(op.stop_exposure) +
                   "; expected start_exposure <= stop_exposure, both between " + text(-kMostStops) + " and " +
                   text(kMostStops));
}

ImageShape check_flip(const Checker& check, const FgFlip& op, Purpose purpose) {
  const ImageShape shape = checked_pair(check, op.x, op.y, op.layout, op.channels, purpose);
  check.expect(shape.channels == 3,
               "the images have " + std::to_string(shape.channels) +
                   " channels; FLIP is of R, G and B: pass 3 channels, of RGBA with channels = 3");
  const int range = checked_enum(check, "range", op.range, FG_FLIP_HDR, "FG_FLIP_LDR (0) or FG_FLIP_HDR (1)");
  check.expect(
      range == FG_FLIP_LDR || !is_uint8(op.x->dtype),
      "x has dtype uint8, and FG_FLIP_HDR is of linear floats; pass float32, float16 or bfloat16, or ask for "
      "FG_FLIP_LDR");
  check.expect(op.pixels_per_degree >= kMinPixelsPerDegree && op.pixels_per_degree <= kMaxPixelsPerDegree,
               "pixels_per_degree is " + text(op.pixels_per_degree) + "; expected " +
                   text(kMinPixelsPerDegree) + " to " + text(kMaxPixelsPerDegree));
  if (range == FG_FLIP_HDR) check_exposures(check, op);
  return shape;
}

ImageShape one_channel(ImageShape shape) {
  shape.channels = 1;
  return shape;
}

void check_flip_outputs(const Checker& check, const FgFlip& op, const ImageShape& shape) {
  check.expect(op.map != nullptr || op.scores != nullptr || op.mean != nullptr,
               "map, scores and mean are all NULL; ask for at least one of them");
  const auto output = [&](const char* name, const DLTensor* t, const std::vector<std::int64_t>& expected,
                          const char* meaning) {
    if (t != nullptr) check_output(check, name, t, *op.x, is_float64, "float64", expected, meaning);
  };
  if (op.map != nullptr)
    check_output(check, "map", op.map, *op.x, is_float32, "float32",
                 shape_like(*op.x, op.layout, one_channel(shape)), "the layout of x with 1 channel");
  output("exposure_table", op.exposure_table, {shape.batch, FG_FLIP_COLUMNS}, "images by FG_FLIP_COLUMNS");
  output("scores", op.scores, {shape.batch}, "one of each image");
  output("mean", op.mean, {1}, "one number");
}

template <class T>
Flip<T> flip_of(const FgFlip& op, const ImageShape& shape, Purpose purpose) {
  Flip<T> kernel;
  kernel.x = image_view<const T>(*op.x, op.layout, shape.channels);
  kernel.y = image_view<const T>(*op.y, op.layout, shape.channels);
  kernel.linear = op.range == FG_FLIP_HDR;
  kernel.pixels_per_degree = op.pixels_per_degree;
  kernel.tone_mapper = kernel.linear ? static_cast<FlipToneMapper>(op.tone_mapper) : FlipToneMapper::aces;
  kernel.exposures = {op.start_exposure, op.stop_exposure, op.exposures};
  if (purpose == Purpose::scratch) return kernel;
  kernel.map = gradient_view(op.map, op.layout, one_channel(shape));
  if (op.exposure_table != nullptr) kernel.exposure_table = table_view(*op.exposure_table);
  kernel.scores = column_of<double>(op.scores);
  kernel.mean = number_at(op.mean);
  return kernel;
}

template <class T>
std::size_t flip_scratch(const FgFlip& op, const ImageShape& shape) {
  const Flip<T> kernel = flip_of<T>(op, shape, Purpose::scratch);
  return is_on_cpu(*op.x) ? cpu::flip_scratch_bytes(kernel) : cuda::flip_scratch_bytes(kernel);
}

template <class T>
void run_flip(const Checker& check, const FgFlip& op, const ImageShape& shape, void* stream) {
  const GivenScratch given{op.scratch, op.scratch_bytes, flip_scratch<T>(op, shape), kNames.question};
  const Scratch scratch = checked_memory(
      check, *op.x, given, {{"x", op.x}, {"y", op.y}},
      {{"map", op.map}, {"exposure_table", op.exposure_table}, {"scores", op.scores}, {"mean", op.mean}});
  launch(*op.x, flip_of<T>(op, shape, Purpose::run), scratch, stream, cpu::flip<T>, cuda::flip<T>);
}

}  // namespace
}  // namespace fg::abi

extern "C" {

void fg_flip_defaults(FgFlip* op) {
  fg::abi::set_defaults(op);
  if (op == nullptr) return;
  op->layout = FG_LAYOUT_NCHW;
  op->range = FG_FLIP_LDR;
  op->pixels_per_degree = 0.7 * (3840 / 0.7) * fg::flip::kPi / 180;
  op->tone_mapper = FG_FLIP_ACES;
}

FgStatus fg_flip_scratch_bytes(const FgFlip* op, size_t* bytes) {
  using namespace fg::abi;
  return answer_scratch(kNames, op, bytes, [](const Checker& check, const FgFlip& given) {
    const ImageShape shape = check_flip(check, given, Purpose::scratch);
    return with_element(given.x->dtype, [&]<class T> { return flip_scratch<T>(given, shape); });
  });
}

FgStatus fg_flip(const FgFlip* op, void* stream) {
  using namespace fg::abi;
  return answer(kNames, op, [&](const Checker& check, const FgFlip& given) {
    const ImageShape shape = check_flip(check, given, Purpose::run);
    check_flip_outputs(check, given, shape);
    with_element(given.x->dtype, [&]<class T> { run_flip<T>(check, given, shape, stream); });
  });
}

}  // extern "C"
