#include "viewer/report/image_scores.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>

#include "viewer/error.h"

namespace fg {
namespace {

void expect(FgStatus status) {
  if (status != FG_STATUS_OK) throw Failure(ExitCode::internal, fg_last_error());
}

// A DLTensor over memory that outlives the call.
struct HostTensor {
  std::vector<std::int64_t> shape;
  DLTensor tensor{};

  HostTensor(const void* data, DLDataTypeCode code, std::uint8_t bits, std::vector<std::int64_t> extents)
      : shape(std::move(extents)) {
    tensor.data = const_cast<void*>(data);
    tensor.device = {kDLCPU, 0};
    tensor.ndim = static_cast<int>(shape.size());
    tensor.dtype = {static_cast<std::uint8_t>(code), bits, 1};
    tensor.shape = shape.data();
  }
  HostTensor(const HostTensor&) = delete;
  HostTensor& operator=(const HostTensor&) = delete;
};

template <class Op>
std::vector<std::max_align_t> scratch_for(Op& op, FgStatus (*ask)(const Op*, size_t*)) {
  std::size_t bytes = 0;
  expect(ask(&op, &bytes));
  std::vector<std::max_align_t> scratch(bytes / sizeof(std::max_align_t) + 1);
  op.scratch = scratch.data();
  op.scratch_bytes = bytes;
  return scratch;
}

// The value below which a share of all values lie, by the nearest-rank rule.
float percentile(std::vector<float> values, double share) {
  const auto rank = std::lround(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + rank, values.end());
  return values[static_cast<std::size_t>(rank)];
}

SsimScores score_ssim(const HostTensor& test, const HostTensor& reference, int width, int height,
                      FgPadding padding, int window, std::vector<float>* keep_map) {
  const int cut = padding == FG_PADDING_VALID ? window - 1 : 0;
  const int map_width = width - cut, map_height = height - cut;
  if (map_width < 1 || map_height < 1) {
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    return {kNone, kNone, kNone, kNone, kNone, kNone};
  }
  std::vector<float> channels(std::size_t{3} * map_width * map_height);
  std::array<double, 3> scores{};
  double mean = 0;
  HostTensor map(channels.data(), kDLFloat, 32, {1, map_height, map_width, 3});
  HostTensor channel_scores(scores.data(), kDLFloat, 64, {1, 3});
  HostTensor mean_score(&mean, kDLFloat, 64, {1});

  FgSsim2d op;
  fg_ssim2d_defaults(&op);
  op.x = &test.tensor;
  op.y = &reference.tensor;
  op.layout = FG_LAYOUT_NHWC;
  op.channels = 3;
  op.window = window;
  op.padding = padding;
  op.map = &map.tensor;
  op.scores = &channel_scores.tensor;
  op.mean = &mean_score.tensor;
  const auto scratch = scratch_for(op, fg_ssim2d_scratch_bytes);
  expect(fg_ssim2d(&op, nullptr));

  std::vector<float> averaged(std::size_t(map_width) * map_height);
  for (std::size_t i = 0; i < averaged.size(); ++i)
    averaged[i] = (channels[3 * i] + channels[3 * i + 1] + channels[3 * i + 2]) / 3.0f;
  const SsimScores result{.mean = mean,
                          .red = scores[0],
                          .green = scores[1],
                          .blue = scores[2],
                          .min = *std::min_element(averaged.begin(), averaged.end()),
                          .p5 = percentile(averaged, 0.05)};
  if (keep_map) *keep_map = std::move(averaged);
  return result;
}

}  // namespace

ImageScores score_images(const Image8& test, const Image8& reference, const ScoreOptions& options) {
  if (test.width != reference.width || test.height != reference.height)
    throw Failure(ExitCode::size_mismatch,
                  "the images differ in size: " + std::to_string(test.width) + "x" +
                      std::to_string(test.height) + " against " + std::to_string(reference.width) + "x" +
                      std::to_string(reference.height) + "; scale one of them first");
  const HostTensor x(test.rgba.data(), kDLUInt, 8, {1, test.height, test.width, 4});
  const HostTensor y(reference.rgba.data(), kDLUInt, 8, {1, test.height, test.width, 4});
  ImageScores scores;
  scores.ssim = score_ssim(x, y, test.width, test.height, FG_PADDING_SAME, options.window, &scores.ssim_map);
  scores.ssim_valid = score_ssim(x, y, test.width, test.height, FG_PADDING_VALID, options.window, nullptr);

  std::array<double, FG_ERROR_COLUMNS> errors{};
  HostTensor columns(errors.data(), kDLFloat, 64, {1, FG_ERROR_COLUMNS});
  FgImageErrors op;
  fg_image_errors_defaults(&op);
  op.x = &x.tensor;
  op.y = &y.tensor;
  op.layout = FG_LAYOUT_NHWC;
  op.channels = 3;
  op.errors = &columns.tensor;
  const auto scratch = scratch_for(op, fg_image_errors_scratch_bytes);
  expect(fg_image_errors(&op, nullptr));
  scores.mse = errors[FG_ERROR_MSE];
  scores.mae = errors[FG_ERROR_MAE];
  scores.max_error = errors[FG_ERROR_MAX];
  scores.psnr = errors[FG_ERROR_PSNR];
  return scores;
}

Image8 draw_heatmap(const std::vector<float>& map, int width, int height, FgColorMap color_map, float worst,
                    float best) {
  constexpr std::uint8_t kNotANumber[4] = {255, 0, 255, 255};
  Image8 image{.width = width, .height = height, .rgba = std::vector<std::uint8_t>(map.size() * 4)};
  for (std::size_t i = 0; i < map.size(); ++i) {
    std::uint8_t* pixel = &image.rgba[4 * i];
    if (std::isnan(map[i]))
      std::copy_n(kNotANumber, 4, pixel);
    else
      fg_color_map_sample(color_map, (map[i] - best) / (worst - best), pixel);
  }
  return image;
}

std::vector<std::string> color_map_names() { return {"viridis", "turbo", "magma", "grey"}; }

FgColorMap color_map_named(const std::string& name) {
  const std::vector<std::string> names = color_map_names();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end())
    throw Failure(ExitCode::usage,
                  "there is no colour map '" + name + "'; choose viridis, turbo, magma or grey");
  return static_cast<FgColorMap>(found - names.begin());
}

}  // namespace fg
