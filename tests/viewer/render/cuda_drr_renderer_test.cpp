// Radiographs by CUDA, in images that Vulkan shares, against those of the Vulkan renderer. Built twice: on a GPU, and with
// the processor in CUDA's place (fake_cuda.h), which tests the turns of the two sides anywhere.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "framegauge/vulkan.h"
#include "plugin/vk/commands.h"
#include "plugin/vk/error.h"
#include "tests/viewer/render/drr_scene.h"
#include "viewer/error.h"
#include "viewer/render/cuda_drr_renderer.h"
#include "viewer/render/live_drr.h"
#ifdef FRAMEGAUGE_FAKE_CUDA
#include "tests/viewer/render/fake_cuda.h"
#define cuda_drr_renderer drr_turns_with_a_fake_cuda  // tests of two programs have two names
#endif

namespace {
int waits = 0;
PFN_vkWaitSemaphores wait_for_semaphores = nullptr;
PFN_vkWaitForFences wait_for_fences = nullptr;
PFN_vkDeviceWaitIdle wait_for_device = nullptr;
PFN_vkQueueWaitIdle wait_for_queue = nullptr;

// A look at a semaphore that was reached long ago is no wait.
VKAPI_ATTR VkResult VKAPI_CALL counted_semaphores(VkDevice device, const VkSemaphoreWaitInfo* info,
                                                  std::uint64_t timeout) {
  if (wait_for_semaphores(device, info, 0) == VK_SUCCESS) return VK_SUCCESS;
  ++waits;
  return wait_for_semaphores(device, info, timeout);
}
}  // namespace

namespace fg::test {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kFramesInFlight = 3;
// Of the largest integral. Float sums of some hundred samples in another order, along rays whose float coordinates were
// derived another way: each renderer is within 5e-6 of the oracle (drr_test, drr_cuda_test).
constexpr double kBetweenRenderers = 1e-4;

// Command buffers in turn, each begun again only when its last submission has finished.
class Flight {
 public:
  explicit Flight(const vk::OwnDevice& device) : device_(device) {
    for (std::uint32_t i = 0; i < kFramesInFlight; ++i) slots_.emplace_back(device);
  }
  ~Flight() { device_.DeviceWaitIdle(device_.handle); }

  template <class Record>
  void frame(DrrSource& source, const Record& record) {
    const vk::CommandSlot& slot = slots_[next_++ % kFramesInFlight];
    const VkFence fence = slot.finished.get();
    vk::check(device_.WaitForFences(device_.handle, 1, &fence, VK_TRUE, UINT64_MAX), "waiting for a slot");
    slot.begin(device_);
    vk::full_barrier(device_, slot.cmd);  // behind what earlier frames did to its target
    record(slot.cmd);
    vk::check(device_.EndCommandBuffer(slot.cmd), "ending a frame");
    vk::check(device_.ResetFences(device_.handle, 1, &fence), "resetting a fence");
    vk::Submission submission;
    source.join(submission);
    vk::check(submission.submit(device_, slot.cmd, fence), "submitting a frame");
  }

 private:
  const vk::OwnDevice& device_;
  std::vector<vk::CommandSlot> slots_;
  std::size_t next_ = 0;
};

class cuda_drr_renderer : public DeviceTest {
 protected:
  std::vector<const char*> device_extensions() const override {
    std::vector<const char*> names;
    for (const char* const* name = fg_evaluator_device_extensions(); *name; ++name) names.push_back(*name);
    return names;
  }
  void SetUp() override {
    DeviceTest::SetUp();
    if (IsSkipped()) return;
    try {
      make();
    } catch (const Failure& failure) {
#ifdef FRAMEGAUGE_FAKE_CUDA
      FAIL() << failure.what();
#endif
      GTEST_SKIP() << failure.what();
    }
  }
  std::unique_ptr<CudaDrrRenderer> make(std::uint32_t frames_in_flight = kFramesInFlight) {
    return std::make_unique<CudaDrrRenderer>(device(), volume_, Attenuation{}, frames_in_flight);
  }
  vk::Image target_of(const DrrGeometry& geometry) {
    return make_target(device(), geometry, VK_FORMAT_R8G8B8A8_UNORM);
  }
  std::vector<std::uint8_t> pixels_of(const vk::Image& target) {
    const std::vector<std::byte> bytes = vk::download(device(), target, 4, VK_IMAGE_LAYOUT_GENERAL);
    std::vector<std::uint8_t> pixels(bytes.size());
    std::memcpy(pixels.data(), bytes.data(), bytes.size());
    return pixels;
  }
  void expect_shown(const std::vector<std::uint8_t>& shown, DrrSource& expected,
                    const DrrGeometry& geometry) {
    const std::vector<std::uint8_t> grey = render_grey(device(), expected, geometry);
    ASSERT_EQ(shown.size(), grey.size());
    int most = 0, brightest = 0;
    for (std::size_t i = 0; i < grey.size(); ++i) {
      most = std::max(most, std::abs(shown[i] - grey[i]));
      if (i % 4 == 0) brightest = std::max(brightest, static_cast<int>(grey[i]));
    }
    EXPECT_LE(most, 1);  // where an integral lies between two codes
    EXPECT_GT(brightest, 20) << "nothing is seen: a poor test";
  }

  const Volume volume_ = make_volume(23, 17, 19, scaling_about_origin({4, 5, 6}, 23, 17, 19));
};

DrrGeometry view(int width, int height, const glm::dvec3& rotation_deg) {
  return {.sdd_mm = 300,
          .height = height,
          .width = width,
          .delx_mm = 94.5 / width,
          .dely_mm = 94.5 / height,
          .n_samples = 201,
          .camera_to_world = drr_pose(DrrOrientation::ap, rotation_deg, {0, 200, 0}, {0, 0, 0})};
}

std::vector<DrrGeometry> views() {
  DrrGeometry parallel = view(40, 40, {5, 10, -15}), off_centre = view(70, 33, {12, -34, 56});
  parallel.orthographic = true;
  off_centre.x0_mm = 7;
  off_centre.y0_mm = -4;
  return {view(64, 64, {0, 0, 0}), view(64, 64, {12, -34, 56}), parallel, view(31, 77, {20, 0, 5}),
          off_centre};
}

std::size_t open_files() {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator()));
}

}  // namespace

TEST_F(cuda_drr_renderer, integrals_are_those_of_the_Vulkan_renderer) {
  const auto cuda = make();
  DrrRenderer vulkan(device(), volume_);
  for (const DrrGeometry& geometry : views()) {
    const std::vector<float> expected = render_integrals(device(), vulkan, geometry);
    const double error =
        relative_error(render_integrals(device(), *cuda, geometry), {expected.begin(), expected.end()});
    EXPECT_LE(error, kBetweenRenderers) << geometry.width << " x " << geometry.height;
    std::printf("%d x %d: %.2g of the largest integral\n", geometry.width, geometry.height, error);
  }
}

TEST_F(cuda_drr_renderer, what_is_shown_differs_by_one_code_at_most) {
  const auto cuda = make();
  DrrRenderer vulkan(device(), volume_);
  for (const DrrDisplay& display :
       {DrrDisplay{.window = 3, .level = 1.5}, DrrDisplay{.window = 1.5, .level = 1.2, .inverted = true}})
    for (const DrrGeometry& geometry : views()) {
      cuda->set_display(display);
      vulkan.set_display(display);
      expect_shown(render_grey(device(), *cuda, geometry), vulkan, geometry);
    }
}

TEST_F(cuda_drr_renderer, frames_in_flight_keep_their_own_view) {
  // Also of a host that has more of them under way than it said: the renderer then waits for it.
  for (const std::uint32_t promised : {kFramesInFlight, 1u}) {
    const auto cuda = make(promised);
    DrrRenderer vulkan(device(), volume_);
    std::vector<DrrGeometry> geometries;
    std::vector<vk::Image> targets;
    for (int i = 0; i < 12; ++i) {
      geometries.push_back(view(48, 40, {7.0 * i, 0, 0}));
      targets.push_back(target_of(geometries.back()));
    }
    {
      Flight flight(device());
      for (std::size_t i = 0; i < targets.size(); ++i)
        flight.frame(*cuda, [&](VkCommandBuffer cmd) {
          cuda->set_geometry(geometries[i]);
          cuda->record(cmd, targets[i]);
        });
    }
    for (std::size_t i = 0; i < targets.size(); ++i)
      expect_shown(pixels_of(targets[i]), vulkan, geometries[i]);
  }
}

TEST_F(cuda_drr_renderer, waits_for_nothing_after_the_first_frame_of_a_size) {
  const auto cuda = make();
  const DrrGeometry geometry = view(200, 200, {12, -34, 56});
  cuda->set_geometry(geometry);
  std::vector<vk::Image> targets;
  for (std::uint32_t i = 0; i < kFramesInFlight; ++i) targets.push_back(target_of(geometry));
  vk::Dispatch& vulkan = functions();
  wait_for_semaphores = vulkan.WaitSemaphores;
  wait_for_fences = vulkan.WaitForFences;
  wait_for_device = vulkan.DeviceWaitIdle;
  wait_for_queue = vulkan.QueueWaitIdle;
  {
    Flight flight(device());
    for (std::size_t i = 0; i < 40; ++i)
      flight.frame(*cuda, [&](VkCommandBuffer cmd) {
        waits = 0;
        vulkan.WaitSemaphores = counted_semaphores;
        vulkan.WaitForFences = [](VkDevice d, std::uint32_t n, const VkFence* f, VkBool32 all,
                                  std::uint64_t t) { return ++waits, wait_for_fences(d, n, f, all, t); };
        vulkan.DeviceWaitIdle = [](VkDevice d) { return ++waits, wait_for_device(d); };
        vulkan.QueueWaitIdle = [](VkQueue q) { return ++waits, wait_for_queue(q); };
        cuda->record(cmd, targets[i % kFramesInFlight]);
        vulkan.WaitSemaphores = wait_for_semaphores;
        vulkan.WaitForFences = wait_for_fences;
        vulkan.DeviceWaitIdle = wait_for_device;
        vulkan.QueueWaitIdle = wait_for_queue;
        if (i == 0)
          EXPECT_GT(waits, 0) << "the images of a size get their layout: the count sees nothing";
        else
          EXPECT_EQ(waits, 0) << "frame " << i;
      });
  }
}

TEST_F(cuda_drr_renderer, a_thousand_frames_with_other_views_and_sizes_leave_nothing_behind) {
  DrrRenderer vulkan(device(), volume_);
  const auto fly = [&](int frames) {
    const auto cuda = make();
    std::vector<DrrGeometry> sizes = {view(48, 40, {}), view(31, 57, {}), view(64, 64, {})};
    std::vector<vk::Image> targets;
    for (const DrrGeometry& size : sizes)  // a frame rewrites its target no sooner than its slot comes round
      for (std::uint32_t i = 0; i < kFramesInFlight; ++i) targets.push_back(target_of(size));
    Flight flight(device());
    for (int i = 0; i < frames; ++i) {
      const std::size_t size = static_cast<std::size_t>(i / 7) % sizes.size();
      DrrGeometry geometry = sizes[size];
      geometry.camera_to_world = drr_pose(DrrOrientation::ap, {3.0 * i, i % 20, 0}, {0, 200, 0}, {0, 0, 0});
      const vk::Image& target =
          targets[size * kFramesInFlight + static_cast<std::size_t>(i) % kFramesInFlight];
      flight.frame(*cuda, [&](VkCommandBuffer cmd) {
        cuda->set_geometry(geometry);
        cuda->record(cmd, target);
      });
      if (i % 50 != 49) continue;
      device().DeviceWaitIdle(device().handle);
      EXPECT_GT(cuda->elsewhere()->milliseconds(), 0);
      expect_shown(pixels_of(target), vulkan, geometry);
    }
  };
  fly(50);  // what driver and layer keep for ever
#ifdef FRAMEGAUGE_FAKE_CUDA
  const int objects = fake_cuda().objects;
#endif
  const std::size_t files = open_files();
  fly(1000);
  EXPECT_EQ(open_files(), files);
#ifdef FRAMEGAUGE_FAKE_CUDA
  EXPECT_EQ(fake_cuda().objects, objects);
#endif
}

TEST_F(cuda_drr_renderer, may_be_destroyed_with_frames_in_flight) {
  const DrrGeometry geometry = view(64, 64, {12, -34, 56});
  DrrRenderer vulkan(device(), volume_);
  std::vector<vk::Image> targets;
  for (std::uint32_t i = 0; i < kFramesInFlight; ++i) targets.push_back(target_of(geometry));
  Flight flight(device());
  for (int round = 0; round < 10; ++round) {
    auto cuda = make();
    cuda->set_geometry(geometry);
    for (const vk::Image& target : targets)
      flight.frame(*cuda, [&](VkCommandBuffer cmd) { cuda->record(cmd, target); });
    cuda = nullptr;
  }
  expect_shown(pixels_of(targets.back()), vulkan, geometry);
}

TEST_F(cuda_drr_renderer, a_frame_that_is_never_submitted_holds_up_no_other) {
  const DrrGeometry geometry = view(64, 64, {12, -34, 56});
  DrrRenderer vulkan(device(), volume_);
  const auto cuda = make();
  cuda->set_geometry(geometry);
  const vk::Image target = target_of(geometry);
  const vk::CommandSlot given_up(device());
  Flight flight(device());
  for (int i = 0; i < 12; ++i) {
    if (i % 3 == 1) {
      given_up.begin(device());
      cuda->record(given_up.cmd, target);
    }
    flight.frame(*cuda, [&](VkCommandBuffer cmd) { cuda->record(cmd, target); });
  }
  device().DeviceWaitIdle(device().handle);
  expect_shown(pixels_of(target), vulkan, geometry);
  given_up.begin(device());
  cuda->record(given_up.cmd, target);  // and none at the end
}

TEST_F(cuda_drr_renderer, what_makes_no_radiograph_is_refused_as_by_Vulkan) {
  const auto cuda = make();
  const auto code_of = [](const auto& work) {
    try {
      work();
    } catch (const Failure& failure) {
      return failure.code;
    }
    return ExitCode::pass;
  };
  EXPECT_EQ(code_of([&] { cuda->set_geometry({.height = 0}); }), ExitCode::usage);
  EXPECT_EQ(code_of([&] { cuda->set_display({.window = 0}); }), ExitCode::usage);
  EXPECT_EQ(code_of([&] { CudaDrrRenderer(device(), Volume{}, {}, 1); }), ExitCode::unreadable_input);
  EXPECT_EQ(code_of([&] { CudaDrrRenderer(device(), volume_, {.hu_bone = 0}, 1); }), ExitCode::usage);
  const vk::Image target = target_of(view(8, 8, {}));
  cuda->set_geometry(view(64, 64, {}));
  EXPECT_EQ(code_of([&] { cuda->record(VK_NULL_HANDLE, target); }), ExitCode::size_mismatch);
}

TEST_F(cuda_drr_renderer, is_taken_where_it_is_named) {
  const auto volume = std::make_shared<const Volume>(volume_);
  LiveDrr cuda(device(), volume, {}, LiveDrr::Options{.backend = DrrBackend::cuda}),
      vulkan(device(), volume, {}, LiveDrr::Options{.backend = DrrBackend::vulkan}),
      either(device(), volume, {}, LiveDrr::Options{});
  EXPECT_STREQ(cuda.name(), "cuda");
  EXPECT_STREQ(vulkan.name(), "vulkan");
  const DrrGeometry geometry = view(64, 64, {12, -34, 56});
  for (LiveDrr* live : {&cuda, &either}) {
    EXPECT_EQ(live->passed_over(), "");
    expect_shown(render_grey(device(), *live, geometry), vulkan, geometry);
    EXPECT_EQ(live->take_note(), "");
  }
}

#ifdef FRAMEGAUGE_FAKE_CUDA

class drr_turns_that_fail : public cuda_drr_renderer {
 protected:
  // Six frames, CUDA being lost at the third. Those that have a picture are right, whoever made it.
  void fly(std::size_t without_picture) {
    LiveDrr live(device(), std::make_shared<const Volume>(volume_), {}, make());
    DrrRenderer vulkan(device(), volume_);
    std::vector<DrrGeometry> geometries;
    std::vector<vk::Image> targets;
    for (int i = 0; i < 6; ++i) {
      geometries.push_back(view(48, 40, {7.0 * i, 0, 0}));
      targets.push_back(target_of(geometries.back()));
    }
    std::vector<std::string> notes;
    {
      Flight flight(device());
      for (std::size_t i = 0; i < targets.size(); ++i) {
        flight.frame(live, [&](VkCommandBuffer cmd) {
          live.set_geometry(geometries[i]);
          live.record(cmd, targets[i]);
        });
        if (std::string note = live.take_note(); !note.empty()) notes.push_back(std::move(note));
        EXPECT_STREQ(live.name(), notes.empty() ? "cuda" : "vulkan");
      }
    }
    ASSERT_EQ(notes.size(), 1u);
    EXPECT_EQ(notes.front(),
              "Radiographs are rendered by Vulkan from here on; CUDA failed: the device is lost");
    EXPECT_EQ(live.passed_over(), "the device is lost");
    EXPECT_EQ(live.elsewhere(), nullptr);
    for (std::size_t i = 0; i < targets.size(); ++i) {
      if (i != without_picture) expect_shown(pixels_of(targets[i]), vulkan, geometries[i]);
    }
  }
  void TearDown() override {
    fake_cuda() = {.objects = fake_cuda().objects};
    DeviceTest::TearDown();
  }
};

TEST_F(drr_turns_that_fail, hand_over_to_Vulkan_in_the_same_frame) {
  fake_cuda().fails_at = fake_cuda().drrs + 3;
  fly(/*without_picture=*/6);
}

TEST_F(drr_turns_that_fail, let_the_queue_go_on_that_waits_for_them) {
  fake_cuda().vanishes_at = fake_cuda().drrs + 3;
  fly(/*without_picture=*/2);
}

#endif

}  // namespace fg::test
