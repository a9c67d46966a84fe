// References from a buffer on the device: what an image of the same pixels gives.

#include <cstring>

#include "tests/plugin/evaluator/live_host.h"

namespace fg::test {
namespace {

constexpr int kWidth = 37, kHeight = 23;
constexpr std::uint64_t kOffset = 64;

float truth(int c, int y, int x) { return static_cast<float>((x * 7 + y * 13 + c * 50) % 256) / 255.0f; }
float attempt(int c, int y, int x) { return static_cast<float>((x * 7 + y * 12 + c * 50) % 256) / 255.0f; }

// Red, green, blue, alpha of a pixel as the format holds them.
void write_pixel(VkFormat format, int y, int x, std::byte* out) {
  for (int c = 0; c < 4; ++c) {
    const float value = c == 3 ? 1.0f : truth(c, y, x);
    if (format == VK_FORMAT_R32G32B32A32_SFLOAT) {
      std::memcpy(out + 4 * c, &value, 4);
      continue;
    }
    const int place = format == VK_FORMAT_B8G8R8A8_UNORM && c < 3 ? 2 - c : c;
    out[place] = static_cast<std::byte>(static_cast<int>(value * 255.0f + 0.5f));
  }
}

class reference_buffer : public LiveTest {
 protected:
  FgFrameBuffer fill(VkFormat format, std::uint64_t row_bytes) {
    const std::uint64_t pixel = format == VK_FORMAT_R32G32B32A32_SFLOAT ? 16 : 4;
    const std::uint64_t pitch = row_bytes ? row_bytes : pixel * kWidth;
    buffer_ = vk::Buffer(device(), kOffset + pitch * kHeight, vk::Residence::upload);
    std::memset(buffer_.mapped(), 0x5A, buffer_.size_bytes());
    for (int y = 0; y < kHeight; ++y)
      for (int x = 0; x < kWidth; ++x)
        write_pixel(format, y, x, buffer_.mapped() + kOffset + y * pitch + x * pixel);
    FgFrameBuffer reference;
    fg_frame_buffer_defaults(&reference);
    reference.buffer = buffer_.get();
    reference.offset_bytes = kOffset;
    reference.row_bytes = row_bytes;
    reference.width = kWidth;
    reference.height = kHeight;
    reference.frame_number = 5;
    reference.format = format;
    return reference;
  }
  void expect_refused(const FgFrameBuffer& reference, const char* sentence) {
    vk::run_and_wait(device(), [&](VkCommandBuffer cmd) {
      EXPECT_EQ(fg_evaluator_record_reference_buffer(evaluator_.get(), cmd, &reference),
                FG_STATUS_INVALID_ARGUMENT);
    });
    EXPECT_STREQ(fg_last_error(), sentence);
  }

  vk::Buffer buffer_;
  UniqueEvaluator evaluator_;
};

TEST_F(reference_buffer, scores_as_an_image_of_the_same_pixels) {
  const RenderedImage frame(device(), PixelFormat::rgba8, kWidth, kHeight, attempt);
  const RenderedImage image(device(), PixelFormat::rgba8, kWidth, kHeight, truth);
  evaluator_ = make_evaluator(evaluator_info(device()));
  const FgFrameResult expected = measure(device(), evaluator_.get(), frame, &image);
  ASSERT_LT(expected.ssim, 0.99);
  for (const VkFormat format :
       {VK_FORMAT_R8G8B8A8_UNORM, VK_FORMAT_B8G8R8A8_UNORM, VK_FORMAT_R32G32B32A32_SFLOAT})
    for (const std::uint64_t row_bytes : {0u, 1024u}) {
      SCOPED_TRACE(testing::Message() << "VkFormat " << format << ", rows of " << row_bytes);
      const FgFrameBuffer reference = fill(format, row_bytes);
      vk::run_and_wait(device(), [&](VkCommandBuffer cmd) {
        EXPECT_EQ(fg_evaluator_record_reference_buffer(evaluator_.get(), cmd, &reference), FG_STATUS_OK)
            << fg_last_error();
      });
      const FgFrameResult result = measure(device(), evaluator_.get(), frame, nullptr, 6);
      EXPECT_NEAR(result.ssim, expected.ssim, 1e-6);  // codes or their floats: another order of sums
      EXPECT_NEAR(result.mse, expected.mse, 1e-6 * expected.mse);
    }
}

TEST_F(reference_buffer, says_what_is_wrong) {
  evaluator_ = make_evaluator(evaluator_info(device()));
  const FgFrameBuffer good = fill(VK_FORMAT_R8G8B8A8_UNORM, 0);
  FgFrameBuffer bad = good;
  bad.buffer = VK_NULL_HANDLE;
  expect_refused(bad, "reference.buffer is VK_NULL_HANDLE; pass the VkBuffer to read");
  bad = good;
  bad.row_bytes = 100;
  expect_refused(bad, "reference.row_bytes is 100; expected 0 or a multiple of 4 that holds 37 pixels");
  bad = good;
  bad.offset_bytes = 2;
  expect_refused(bad, "reference.offset_bytes is 2; expected a multiple of the 4 bytes of a pixel");
  bad = good;
  bad.format = VK_FORMAT_R8_UNORM;
  expect_refused(bad,
                 "reference.format is VkFormat 9; expected R8G8B8A8_UNORM (37), B8G8R8A8_UNORM (44), "
                 "R16G16B16A16_SFLOAT (97) or R32G32B32A32_SFLOAT (109)");
  bad = good;
  bad.height = 0;
  expect_refused(bad, "reference is 37x0 pixels; both sides must be at least 1");
  EXPECT_EQ(fg_evaluator_record_reference_buffer(evaluator_.get(), VK_NULL_HANDLE, &good),
            FG_STATUS_INVALID_ARGUMENT);
}

}  // namespace
}  // namespace fg::test
