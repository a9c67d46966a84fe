// The splat renderer over many frames: room for pairs, frames in flight, the same bits every time.

#include <array>

#include "tests/viewer/render/gaussian_scenes.h"
#include "viewer/error.h"

namespace fg::testing {
namespace {

class gaussian_frames : public OnDevice {};

TEST_F(gaussian_frames, too_many_pairs_flag_the_frame_and_the_next_has_room) {
  const View view = turned_view(200, 150);
  const SplatScene scene = random_scene(view, 2000, 1, 3);
  GaussianRenderer roomy(device(), scene);
  const Codes whole = draw(device(), roomy, view);
  ASSERT_FALSE(roomy.counters().incomplete);
  const std::uint32_t pairs = roomy.counters().pairs;
  ASSERT_GT(pairs, 2000u);

  for (GaussianOptions options : {like_a_gpu(), like_a_cpu()}) {
    options.pair_capacity = 100;
    GaussianRenderer tight(device(), scene, options);
    const Codes partial = draw(device(), tight, view);
    EXPECT_TRUE(tight.counters().incomplete);
    EXPECT_EQ(tight.counters().pairs, pairs) << "the pairs that did not fit are counted";
    EXPECT_EQ(tight.counters().visible, roomy.counters().visible);
    EXPECT_NE(partial, whole);
    EXPECT_EQ(draw(device(), tight, view), whole);
    EXPECT_FALSE(tight.counters().incomplete);
    EXPECT_EQ(tight.counters().frame, 2u);
  }
}

TEST_F(gaussian_frames, where_no_more_room_can_be_made_they_say_so) {
  const View view = turned_view(200, 150);
  GaussianOptions options;
  options.pair_capacity = 100;
  options.most_pairs = 1000;
  GaussianRenderer tight(device(), random_scene(view, 2000, 1, 3), options);
  const Codes first = draw(device(), tight, view);
  EXPECT_TRUE(tight.counters().incomplete);
  EXPECT_FALSE(tight.counters().no_more_room) << "there is room for some more";
  const Codes second = draw(device(), tight, view);
  EXPECT_NE(first, second);
  EXPECT_TRUE(tight.counters().incomplete);
  EXPECT_TRUE(tight.counters().no_more_room);
  EXPECT_EQ(draw(device(), tight, view), second);
  const View away = straight_view(16, 16);
  draw(device(), tight, away);
  EXPECT_FALSE(tight.counters().no_more_room) << "another view may have fewer";
}

TEST_F(gaussian_frames, a_frame_with_too_little_room_draws_the_nearest_splats) {
  const View view = straight_view(16, 16);  // one tile: a pair a splat
  std::vector<Splat> splats;
  for (int i = 0; i < 50; ++i)
    splats.push_back({.position = {0, 0, 10.0f - 0.1f * static_cast<float>(i)}, .opacity = 0.2f});
  GaussianOptions options = like_a_gpu();
  options.pair_capacity = 7;
  GaussianRenderer tight(device(), scene_of(splats), options);
  const Codes partial = draw(device(), tight, view);
  GaussianRenderer nearest(device(), scene_of({splats.end() - 7, splats.end()}));
  EXPECT_EQ(partial, draw(device(), nearest, view));
  EXPECT_EQ(tight.counters().pairs, 50u);
}

TEST_F(gaussian_frames, the_same_view_gives_the_same_bits_every_time_and_the_other_variant_the_same_picture) {
  const View view = turned_view(150, 100);
  const SplatScene scene = random_scene(view, 4000, 3, 9);
  GaussianRenderer gpu(device(), scene, like_a_gpu());
  const Codes first = draw(device(), gpu, view);
  for (int i = 0; i < 5; ++i) ASSERT_EQ(draw(device(), gpu, view), first);
  GaussianRenderer again(device(), scene, like_a_gpu());
  EXPECT_EQ(draw(device(), again, view), first);
  GaussianOptions rows_of_one = like_a_cpu();
  rows_of_one.rows_per_thread = 1;
  for (const GaussianOptions& options : {like_a_cpu(), rows_of_one}) {
    GaussianRenderer cpu(device(), scene, options);
    const Codes other = draw(device(), cpu, view);
    // Another compilation of the same arithmetic may round a value at half a code the other way.
    int differ = 0;
    for (std::size_t i = 0; i < first.size(); ++i) {
      ASSERT_LE(std::abs(first[i] - other[i]), 1);
      differ += first[i] != other[i];
    }
    EXPECT_LE(differ, 20);
  }
}

// Command buffers that are all recorded before the first is submitted, and run without waiting in between.
TEST_F(gaussian_frames, frames_in_flight_do_not_disturb_each_other) {
  constexpr int kFrames = 12;  // more than there are slots for counters
  const SplatScene scene = random_scene(turned_view(96, 64), 1500, 2, 31);
  std::vector<View> views;
  std::vector<vk::Image> targets;
  for (int i = 0; i < kFrames; ++i) {
    View view = turned_view(64 + 8 * (i % 5), 64 - 4 * (i % 3));
    view.world_to_camera = glm::translate(view.world_to_camera, glm::dvec3(0.05 * i, -0.02 * i, 0.1 * i));
    views.push_back(view);
    targets.push_back(make_target(device(), view.intrinsics));
  }
  GaussianRenderer renderer(device(), scene);
  const VkCommandPoolCreateInfo pool_info{.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
                                          .queueFamilyIndex = device().queue_family};
  VkCommandPool pool_handle;
  vk::check(device().CreateCommandPool(device().handle, &pool_info, nullptr, &pool_handle),
            "creating a pool");
  const vk::UniqueCommandPool pool(device(), pool_handle);
  std::array<VkCommandBuffer, kFrames> commands;
  const VkCommandBufferAllocateInfo allocate{.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                             .commandPool = pool_handle,
                                             .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
                                             .commandBufferCount = kFrames};
  vk::check(device().AllocateCommandBuffers(device().handle, &allocate, commands.data()),
            "allocating commands");
  for (int i = 0; i < kFrames; ++i) {
    const VkCommandBufferBeginInfo begin{.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO};
    vk::check(device().BeginCommandBuffer(commands[i], &begin), "beginning");
    renderer.set_view(views[i].intrinsics, views[i].world_to_camera);
    renderer.record(commands[i], targets[i]);
    vk::check(device().EndCommandBuffer(commands[i]), "ending");
  }
  EXPECT_EQ(renderer.counters().frame, 0u);
  for (const VkCommandBuffer& cmd : commands) {
    const VkSubmitInfo submit{
        .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO, .commandBufferCount = 1, .pCommandBuffers = &cmd};
    vk::check(device().QueueSubmit(device().queue, 1, &submit, VK_NULL_HANDLE), "submitting");
  }
  vk::check(device().QueueWaitIdle(device().queue), "waiting");
  EXPECT_EQ(renderer.counters().frame, static_cast<std::uint64_t>(kFrames));
  for (int i = 0; i < kFrames; ++i) {
    GaussianRenderer alone(device(), scene);
    EXPECT_EQ(pixels_of(device(), targets[i]), draw(device(), alone, views[i])) << "frame " << i;
  }
}

// The buffers that a growing frame leaves behind must outlive the frames that still use them.
TEST_F(gaussian_frames, room_grows_while_earlier_frames_are_unfinished) {
  const View small = straight_view(40, 40), large = straight_view(300, 200);
  const SplatScene scene = random_scene(large, 800, 0, 4);
  GaussianOptions options = like_a_gpu();
  options.pair_capacity = 50;
  GaussianRenderer renderer(device(), scene, options);
  const vk::Image first = make_target(device(), small.intrinsics),
                  second = make_target(device(), large.intrinsics);
  vk::run_and_wait(device(), [&](VkCommandBuffer cmd) {
    renderer.set_view(small.intrinsics, small.world_to_camera);
    renderer.record(cmd, first);
    renderer.set_view(large.intrinsics,
                      large.world_to_camera);  // more tiles: new buffers in the same commands
    renderer.record(cmd, second);
  });
  EXPECT_TRUE(renderer.counters().incomplete);
  GaussianRenderer roomy(device(), scene);
  EXPECT_EQ(draw(device(), renderer, large), draw(device(), roomy, large));
  EXPECT_EQ(draw(device(), renderer, small), draw(device(), roomy, small));
}

TEST_F(gaussian_frames, counters_tell_what_the_newest_frame_drew) {
  GaussianRenderer renderer(device(), scene_of({Splat{}, Splat{.position = {0, 0, -1}}}));
  EXPECT_EQ(renderer.counters().frame, 0u);
  draw(device(), renderer, straight_view(16, 16));
  EXPECT_EQ(renderer.counters().frame, 1u);
  EXPECT_EQ(renderer.counters().visible, 1u);
  EXPECT_EQ(renderer.counters().pairs, 1u);
  draw(device(), renderer, straight_view(32, 32, 10));  // a splat of half a pixel in the corner of four tiles
  EXPECT_EQ(renderer.counters().frame, 2u);
  EXPECT_EQ(renderer.counters().pairs, 4u);
}

// A thin diagonal splat crosses the image: its bounding square touches all tiles, the ellipse only those of a
// band.
TEST_F(gaussian_frames, pairs_are_only_those_tiles_that_the_ellipse_touches) {
  const float half = std::sqrt(0.5f) / 2;
  const Splat diagonal{.scale = {2.0f, 1e-3f, 1e-3f},
                       .rotation = glm::angleAxis(0.785398163f, glm::vec3(0, 0, 1)),
                       .opacity = 0.9f,
                       .colour = {half, half, half}};
  GaussianRenderer renderer(device(), scene_of({diagonal}));
  draw(device(), renderer, straight_view(256, 256, 400));
  // The line y = x passes 16 tiles; the 1.8 px beside it add at most the two neighbours at each of 15
  // corners.
  EXPECT_GE(renderer.counters().pairs, 16u);
  EXPECT_LE(renderer.counters().pairs, 46u);
}

TEST_F(gaussian_frames, a_target_of_another_size_is_refused_with_both_sizes) {
  GaussianRenderer renderer(device(), scene_of({Splat{}}));
  const View view = straight_view(20, 10);
  const vk::Image target = make_target(device(), straight_view(10, 20).intrinsics);
  renderer.set_view(view.intrinsics, view.world_to_camera);
  vk::run_and_wait(device(), [&](VkCommandBuffer cmd) {
    try {
      renderer.record(cmd, target);
      ADD_FAILURE() << "accepted";
    } catch (const Failure& failure) {
      EXPECT_NE(std::string(failure.what()).find("20x10"), std::string::npos) << failure.what();
      EXPECT_NE(std::string(failure.what()).find("10x20"), std::string::npos) << failure.what();
    }
  });
}

}  // namespace
}  // namespace fg::testing
