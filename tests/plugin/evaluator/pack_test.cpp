// The pass that copies a frame for CUDA: every format arrives as its values, sRGB by the curve.

#include <cstring>

#include "plugin/evaluator/executors/pixel_formats.h"
#include "plugin/vk/compute_pass.h"
#include "shaders/interop/pack.comp.h"
#include "shaders/interop/pack.h"
#include "tests/plugin/evaluator/live_host.h"

namespace fg::test {
namespace {

constexpr int kWidth = 70, kHeight = 9, kPitch = 128;

class pack : public LiveTest {
 protected:
  std::vector<std::uint32_t> packed(const RenderedImage& image, int packing) const {
    const vk::ComputePass pass(device(), {.spirv = shaders::interop_pack,
                                          .bindings = {vk::kSampledImage, vk::kStorageBuffer},
                                          .push_bytes = sizeof(FgPackPush)});
    const std::size_t words = std::size_t{3} * kPitch * kHeight;
    const vk::Buffer buffer(device(), 4 * words, vk::Residence::readback);
    std::memset(buffer.mapped(), 0xEE, 4 * words);
    const FgFrame f = image.frame(1);
    const vk::BindingSet set(device(), pass, {vk::bind(f.view, f.layout), vk::bind(buffer)});
    const FgPackPush push{kWidth, kHeight, kPitch, packing, is_srgb(f.format) ? 1 : 0};
    vk::run_and_wait(device(), [&](VkCommandBuffer cmd) {
      pass.record(cmd, set, &push, (kWidth + kFgPackThreads - 1) / kFgPackThreads, kHeight);
      vk::full_barrier(device(), cmd);
    });
    const auto all = buffer.as<const std::uint32_t>();
    return {all.begin(), all.begin() + static_cast<std::ptrdiff_t>(words)};
  }
  // Every code of 8 bits.
  static float codes(int c, int y, int x) {
    return static_cast<float>((y * kWidth + x + c * 85) % 256) / 255.0f;
  }
};

TEST_F(pack, codes_of_8_bits_arrive_as_they_are_in_the_order_red_green_blue) {
  for (const PixelFormat format : {PixelFormat::rgba8, PixelFormat::bgra8}) {
    const std::vector<std::uint32_t> words =
        packed(RenderedImage(device(), format, kWidth, kHeight, codes), kFgPackCodes);
    for (int y = 0; y < kHeight; ++y)
      for (int x = 0; x < kWidth; ++x)
        for (int c = 0; c < 3; ++c)
          ASSERT_EQ(words[y * kPitch + x] >> 8 * c & 0xFF,
                    static_cast<std::uint32_t>((y * kWidth + x + c * 85) % 256));
    EXPECT_EQ(words[kWidth], 0xEEEEEEEEu) << "nothing beyond the row";
  }
}

TEST_F(pack, other_formats_arrive_as_planes_of_their_values) {
  for (const PixelFormat format : {PixelFormat::rgba16f, PixelFormat::rgba32f, PixelFormat::a2b10g10r10,
                                   PixelFormat::rgba8_srgb, PixelFormat::bgra8_srgb}) {
    SCOPED_TRACE(static_cast<int>(format));
    const RenderedImage image(device(), format, kWidth, kHeight, codes);
    const std::vector<std::uint32_t> words = packed(image, kFgPackPlanes);
    for (int c = 0; c < 3; ++c)
      for (int y = 0; y < kHeight; ++y)
        for (int x = 0; x < kWidth; ++x) {
          float value;
          std::memcpy(&value, &words[(c * kHeight + y) * kPitch + x], 4);
          // pow() of a shader is good to some 1e-6.
          ASSERT_NEAR(value, image.value(c, y, x), 3e-6) << c << " " << y << " " << x;
        }
  }
}

}  // namespace
}  // namespace fg::test
