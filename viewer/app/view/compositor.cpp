#include "viewer/app/view/compositor.h"

#include <array>
#include <cstring>

#include "plugin/vk/commands.h"
#include "plugin/vk/error.h"
#include "shaders/display/compose.comp.h"

namespace fg {
namespace {

constexpr std::uint32_t kGroup = 8;  // compose.comp: 8 x 8 threads

vk::Image make_color_maps(const vk::OwnDevice& device) {
  constexpr std::uint32_t kColors = 256;
  constexpr std::array kMaps = {FG_COLOR_MAP_VIRIDIS, FG_COLOR_MAP_TURBO, FG_COLOR_MAP_MAGMA,
                                FG_COLOR_MAP_GREY};
  std::vector<std::uint8_t> pixels(kMaps.size() * kColors * 4);
  for (const FgColorMap map : kMaps)
    for (std::uint32_t i = 0; i < kColors; ++i)
      fg_color_map_sample(map, static_cast<float>(i) / (kColors - 1), &pixels[4 * (map * kColors + i)]);
  vk::Image image(device, {.extent = {kColors, static_cast<std::uint32_t>(kMaps.size()), 1}});
  vk::upload(device, image, pixels.data(), 4, VK_IMAGE_LAYOUT_GENERAL);
  return image;
}

vk::Image make_black(const vk::OwnDevice& device) {
  constexpr std::uint8_t kPixel[4] = {0, 0, 0, 255};
  vk::Image image(device, {});
  vk::upload(device, image, kPixel, 4, VK_IMAGE_LAYOUT_GENERAL);
  return image;
}

}  // namespace

Compositor::Compositor(const vk::OwnDevice& device, std::uint32_t slots)
    : device_(device),
      sampler_(vk::make_sampler(device, VK_FILTER_LINEAR)),
      black_(make_black(device)),
      color_maps_(make_color_maps(device)),
      pass_(device, {.spirv = shaders::display_compose,
                     .bindings = {vk::kCombinedImageSampler, vk::kCombinedImageSampler,
                                  vk::kCombinedImageSampler, vk::kCombinedImageSampler, vk::kStorageImage},
                     .push_bytes = sizeof(ComposePush)}) {
  for (std::uint32_t i = 0; i < slots + 1; ++i)
    sets_.emplace_back(device, pass_);  // the last is for picture()
}

DisplayImages Compositor::images_of(const Tick& tick) const {
  const FgEvaluatorImages measured = tick.evaluator_images();
  // The evaluator's images may still be those of an earlier size.
  const bool fits = measured.map_view != VK_NULL_HANDLE && measured.width == tick.frame().width() &&
                    measured.height == tick.frame().height() && tick.has_reference();
  return {.frame = tick.frame().view(),
          .reference = tick.reference().view(),
          .map = fits ? measured.map_view : black_.view(),
          .heatmap = fits ? measured.heatmap_view : black_.view()};
}

void Compositor::record(VkCommandBuffer cmd, std::uint32_t slot, const Tick& tick, const ComposePush& push,
                        const vk::Image& target) {
  const DisplayImages images = images_of(tick);
  constexpr VkImageLayout kGeneral = VK_IMAGE_LAYOUT_GENERAL;
  const std::array bindings = {
      vk::bind(images.frame, kGeneral, sampler_.get()), vk::bind(images.reference, kGeneral, sampler_.get()),
      vk::bind(images.heatmap, kGeneral, sampler_.get()),
      vk::bind(color_maps_.view(), kGeneral, sampler_.get()), vk::bind(target.view(), kGeneral)};
  sets_.at(slot).update(0, bindings);
  vk::compute_barrier(device_, cmd);
  pass_.record(cmd, sets_[slot], &push, (target.width() + kGroup - 1) / kGroup,
               (target.height() + kGroup - 1) / kGroup);
}

Image8 Compositor::picture(const Tick& tick, const DisplaySettings& settings, ViewMode mode) {
  const glm::ivec2 image(tick.width(), tick.height());
  const glm::ivec2 size = natural_size(mode, image);
  const Layout layout = lay_out(settings, mode, image, size, Zoom{});
  const ComposePush push = compose_push(settings, layout, image, size);
  const vk::Image target(
      device_, {.extent = {static_cast<std::uint32_t>(size.x), static_cast<std::uint32_t>(size.y), 1}});
  const auto slot = static_cast<std::uint32_t>(sets_.size() - 1);
  device_.DeviceWaitIdle(device_.handle);
  vk::run_and_wait(device_, [&](VkCommandBuffer cmd) {
    vk::change_layout(device_, cmd, target.get(), VK_IMAGE_LAYOUT_UNDEFINED, VK_IMAGE_LAYOUT_GENERAL);
    record(cmd, slot, tick, push, target);
  });
  const std::vector<std::byte> bytes = vk::download(device_, target, 4, VK_IMAGE_LAYOUT_GENERAL);
  Image8 picture{.width = size.x, .height = size.y, .rgba = std::vector<std::uint8_t>(bytes.size())};
  std::memcpy(picture.rgba.data(), bytes.data(), bytes.size());
  return picture;
}

}  // namespace fg
