#include "viewer/bench/tick_inputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <glm/gtc/matrix_transform.hpp>
#include <numbers>
#include <random>

#include "plugin/vk/commands.h"
#include "viewer/app/view/navigation.h"

namespace fg {
namespace {

constexpr double kFovDeg = 60;                               // vertical
constexpr double kNearest = 2, kFarthest = 10;               // depths of the splats, scene units
constexpr double kSwayRadians = 2 * std::numbers::pi / 180;  // to either side, and up and down

constexpr std::size_t kBeyondCaches = std::size_t{128} << 20;

std::size_t frame_count(const vk::Device& device, const TickFormat& format, VkExtent2D extent) {
  if (device.is_cpu()) return 3;
  const std::size_t bytes = format.texel_bytes * extent.width * extent.height;
  return std::clamp<std::size_t>((kBeyondCaches + bytes - 1) / bytes, 3, 64);
}

// Four codes at a time. Those of the reference are 32..222, and a near one is up to 31 away: none leaves its byte.
class Noise {
 public:
  std::uint32_t reference_texel() { return 0x20202020u + (next() & 0x7f7f7f7fu) + (next() & 0x3f3f3f3fu); }
  std::uint32_t near(std::uint32_t texel) { return texel - 0x1f1f1f1fu + (next() & 0x3e3e3e3eu); }

 private:
  std::uint32_t next() {  // xorshift32 (Marsaglia 2003)
    state_ ^= state_ << 13;
    state_ ^= state_ >> 17;
    return state_ ^= state_ << 5;
  }
  std::uint32_t state_ = 2463534242u;
};

// Not every format can be stored to.
vk::Image image_to_read(const vk::OwnDevice& device, const TickFormat& format, VkExtent2D extent) {
  return {device,
          {.format = format.format,
           .extent = {extent.width, extent.height, 1},
           .usage = VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT |
                    VK_IMAGE_USAGE_TRANSFER_DST_BIT}};
}

SplatScene random_splats(int count) {
  std::mt19937 random(1);
  const auto uniform = [&](double low, double high) {
    return low + (high - low) * static_cast<double>(random()) / 4294967296.0;
  };
  const double size = std::min(0.3, 0.01 * std::sqrt(1e6 / count));
  const double half_height = std::tan(kFovDeg / 2 * std::numbers::pi / 180),
               half_width = half_height * 16 / 9;
  SplatScene scene;
  scene.sh_degree = 3;
  for (int i = 0; i < count; ++i) {
    const double z = uniform(kNearest, kFarthest);
    scene.positions.emplace_back(uniform(-1.1, 1.1) * half_width * z, uniform(-1.1, 1.1) * half_height * z,
                                 z);
    const auto extent = [&] { return static_cast<float>(size * std::exp(uniform(-1.5, 1.0))); };
    scene.scales.emplace_back(extent(), extent(), extent());
    const auto part = [&] { return static_cast<float>(uniform(-1, 1)); };
    scene.rotations.push_back(glm::normalize(glm::quat(part(), part(), part(), part())));
    scene.opacities.push_back(static_cast<float>(uniform(0.05, 1)));
    for (int c = 0; c < 3 * scene.sh_coefficients(); ++c)
      scene.sh.push_back(static_cast<float>(c < 3 ? uniform(-1.2, 1.2) : uniform(-0.1, 0.1)));
  }
  return scene;
}

}  // namespace

TickImages noise_images(const vk::OwnDevice& device, const TickFormat& format, VkExtent2D extent) {
  TickImages images;
  std::vector<std::uint32_t> truth(std::size_t{extent.width} * extent.height), texels(truth.size());
  Noise noise;
  for (std::uint32_t& texel : truth) texel = noise.reference_texel();
  const auto image_with = [&](const std::vector<std::uint32_t>& codes) {
    vk::Image image = image_to_read(device, format, extent);
    vk::upload(device, image, texels_in(format, codes).data(), format.texel_bytes, VK_IMAGE_LAYOUT_GENERAL);
    return image;
  };
  images.reference = image_with(truth);
  for (std::size_t i = frame_count(device, format, extent); i > 0; --i) {
    for (std::size_t t = 0; t < texels.size(); ++t) texels[t] = noise.near(truth[t]);
    images.frames.push_back(image_with(texels));
  }
  return images;
}

TickImages render_targets(const vk::OwnDevice& device, VkExtent2D extent, std::uint32_t frames_in_flight) {
  TickImages images;
  const vk::ImageInfo info{.format = VK_FORMAT_R8G8B8A8_UNORM, .extent = {extent.width, extent.height, 1}};
  images.reference = vk::Image(device, info);
  for (std::uint32_t i = 0; i < frames_in_flight; ++i) images.frames.emplace_back(device, info);
  vk::run_and_wait(device, [&](VkCommandBuffer cmd) {
    const auto prepare = [&](const vk::Image& image) {
      vk::change_layout(device, cmd, image.get(), VK_IMAGE_LAYOUT_UNDEFINED, VK_IMAGE_LAYOUT_GENERAL);
    };
    prepare(images.reference);
    for (const vk::Image& frame : images.frames) prepare(frame);
  });
  return images;
}

TickScene::TickScene(const vk::OwnDevice& device, int splats)
    : renderer_(device, random_splats(splats)),
      description_(fmt::format("{} random splats, SH degree 3", splats)) {}

void TickScene::record(VkCommandBuffer cmd, const vk::Image& target, std::uint64_t view) {
  const double turn = 2 * std::numbers::pi * static_cast<double>(view % kViews) / kViews;
  const glm::dmat4 sideways = glm::rotate(glm::dmat4(1), kSwayRadians * std::sin(turn), glm::dvec3(0, 1, 0));
  const glm::dmat4 up = glm::rotate(glm::dmat4(1), kSwayRadians * std::cos(turn), glm::dvec3(1, 0, 0));
  renderer_.set_view(
      free_intrinsics(static_cast<int>(target.width()), static_cast<int>(target.height()), kFovDeg),
      up * sideways);
  renderer_.record(cmd, target);
}

}  // namespace fg
