#pragma once
// A host of the live evaluator, as a renderer would be one: a device with validation on, images of several
// formats, command buffers in flight.

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "plugin/vk/commands.h"
#include "plugin/vk/own_device.h"

#include "framegauge/vulkan.h"

namespace fg::test {

// Opened once for all tests of the program, with the validation layer's synchronization validation.
const vk::OwnDevice& validated_device();
// The sentence to skip with where no such device can be opened; "" otherwise.
const std::string& why_no_device();

// Skips without a device; fails when the validation layer had something to say during the test.
class LiveTest : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;
  const vk::OwnDevice& device() const { return validated_device(); }

 private:
  std::size_t messages_before_ = 0;
};

// value(c, y, x), display-referred; c 0 to 3, 3 being alpha.
using Picture = std::function<float(int c, int y, int x)>;

enum class PixelFormat { rgba8, bgra8, rgba8_srgb, bgra8_srgb, rgba16f, rgba32f, a2b10g10r10 };

// An image of a renderer, filled from a picture, in layout GENERAL; and what its pixels decode to.
struct RenderedImage {
  RenderedImage(const vk::OwnDevice& device, PixelFormat format, int width, int height,
                const Picture& picture);

  FgFrame frame(std::uint64_t number) const;
  double value(int c, int y, int x) const {
    return decoded[(static_cast<std::size_t>(y) * width + x) * 3 + c];
  }

  int width, height;
  vk::Image image;
  std::vector<double> decoded;  // [height, width, 3]
};

// Pixels in host memory with the DLTensor that describes them.
struct HostImage {
  HostImage(int width, int height, int channels, bool is_float, const Picture& picture, int row_padding = 0);
  HostImage(const HostImage&) = delete;

  std::vector<float> floats;
  std::vector<std::uint8_t> bytes;
  std::int64_t shape[3], strides[3];
  DLTensor tensor{};
};

struct EvaluatorDeleter {
  void operator()(FgEvaluator_T* evaluator) const { fg_evaluator_destroy(evaluator); }
};
using UniqueEvaluator = std::unique_ptr<FgEvaluator_T, EvaluatorDeleter>;

FgEvaluatorInfo evaluator_info(const vk::OwnDevice& device);
UniqueEvaluator make_evaluator(const FgEvaluatorInfo& info);

// Command buffers that are submitted without waiting, and waited for when the test says so.
class CommandRing {
 public:
  CommandRing(const vk::OwnDevice& device, std::uint32_t count);
  ~CommandRing();

  // The next command buffer, in the recording state; waits for its earlier submission.
  VkCommandBuffer begin();
  void submit();   // what begin() gave
  void abandon();  // the same, but it will never run
  void wait_all();

 private:
  struct Entry {
    VkCommandBuffer cmd;
    vk::UniqueFence fence;
    bool submitted = false;
  };
  const vk::OwnDevice* device_;
  vk::UniqueCommandPool pool_;
  std::vector<Entry> entries_;
  std::size_t next_ = 0;
};

// Records frame (and reference, if not null) in one command buffer, waits, and polls.
FgFrameResult measure(const vk::OwnDevice& device, FgEvaluator evaluator, const RenderedImage& frame,
                      const RenderedImage* reference, std::uint64_t number = 1);

// The map and the heatmap of the last recorded frame.
std::vector<float> download_map(const vk::OwnDevice& device, FgEvaluator evaluator);
std::vector<std::uint8_t> download_heatmap(const vk::OwnDevice& device, FgEvaluator evaluator);

}  // namespace fg::test
