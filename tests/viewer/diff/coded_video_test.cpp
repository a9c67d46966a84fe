// Compressed video against the same frames uncompressed, and what is wrong with videos in the wild.

#include <gtest/gtest.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <thread>

#include "tests/viewer/diff/sample_frames.h"
#include "tests/viewer/diff/sample_video.h"
#include "tests/viewer/io/test_files.h"
#include "viewer/diff/inputs/source.h"
#include "viewer/diff/inputs/video.h"

namespace fg::test {
namespace {

std::vector<Frame> noisy_frames(const std::vector<int>& noises, int bits = 8, bool chroma = true) {
  std::vector<Frame> frames;
  for (const int noise : noises) frames.push_back(planes(64, 48, bits, noise, chroma));
  return frames;
}

void write_y4m(const std::filesystem::path& file, const std::vector<Frame>& frames,
               const std::string& space) {
  std::string text = "YUV4MPEG2 W64 H48 F25:1 C" + space + "\n";
  for (const Frame& frame : frames) {
    text += "FRAME\n";
    for (const Plane& plane : frame.planes) text.append(plane.bytes.begin(), plane.bytes.end());
  }
  write_text(file, text);
}

std::unique_ptr<PairSource> pairs_of(const std::filesystem::path& test,
                                     const std::filesystem::path& reference, const FrameRange& range = {},
                                     bool as_rgb = false) {
  SourceOptions options;
  options.inputs = {test.string(), reference.string()};
  options.frames = range;
  options.as_rgb = as_rgb;
  return open_source(options);
}

std::vector<std::vector<double>> scores_of(const PairSource& source) {
  const ScorePlan plan{
      .metrics = parse_metrics("all", false), .chroma = source.chroma, .luma_only = source.luma_only};
  std::vector<std::vector<double>> scores;
  for (std::size_t i = 0; i < source.count(); ++i)
    scores.push_back(score_once(source.load(i), nullptr, plan, KeepMap::no).values);
  return scores;
}

// NaN, of ms-ssim of small frames, is the same as NaN.
void expect_equal(const std::vector<std::vector<double>>& a, const std::vector<std::vector<double>>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::size_t c = 0; c < a[i].size(); ++c)
      EXPECT_TRUE(a[i][c] == b[i][c] || (std::isnan(a[i][c]) && std::isnan(b[i][c])))
          << "frame " << i << " score " << c << ": " << a[i][c] << " against " << b[i][c];
}

TEST(coded_video, scores_are_those_of_the_same_frames_uncompressed) {
  const TemporaryFolder folder;
  const struct {
    const char *pixel_format, *y4m;
    int bits;
    bool chroma;
  } kinds[] = {{"yuv420p", "420", 8, true},         {"yuv420p10le", "420p10", 10, true},
               {"yuv420p12le", "420p12", 12, true}, {"yuv420p16le", "420p16", 16, true},
               {"gray", "mono", 8, false},          {"gray10le", "mono10", 10, false}};
  for (const auto& kind : kinds) {
    SCOPED_TRACE(kind.pixel_format);
    const std::vector<Frame> test = noisy_frames({3, 9, 20}, kind.bits, kind.chroma),
                             reference = noisy_frames({0, 0, 1}, kind.bits, kind.chroma);
    write_video(folder / "a.mkv", test, {.pixel_format = kind.pixel_format});
    write_video(folder / "b.mkv", reference, {.pixel_format = kind.pixel_format});
    write_y4m(folder / "a.y4m", test, kind.y4m);
    write_y4m(folder / "b.y4m", reference, kind.y4m);
    const auto expected = scores_of(*pairs_of(folder / "a.y4m", folder / "b.y4m"));
    EXPECT_LT(expected[2][0], expected[0][0]);
    expect_equal(scores_of(*pairs_of(folder / "a.mkv", folder / "b.mkv")), expected);
    expect_equal(scores_of(*pairs_of(folder / "a.mkv", folder / "b.y4m")), expected);
  }
}

TEST(coded_video, offset_range_and_step_choose_the_frames_of_raw_video) {
  const TemporaryFolder folder;
  const std::vector<Frame> test = noisy_frames({1, 2, 3, 4, 5, 6, 7, 8, 9}),
                           reference = noisy_frames({0, 1, 0, 1, 0, 1, 0, 1, 0});
  write_video(folder / "a.mkv", test);
  write_video(folder / "b.mkv", reference);
  write_y4m(folder / "a.y4m", test, "420");
  write_y4m(folder / "b.y4m", reference, "420");
  for (const FrameRange& range :
       {FrameRange{.first = 2, .end = 7}, FrameRange{.every = 3}, FrameRange{.offset = 4},
        FrameRange{.every = 2, .offset = -3}, FrameRange{.first = 1, .end = 8, .every = 3, .offset = -2}}) {
    SCOPED_TRACE(testing::Message() << range.first << " every " << range.every << " offset " << range.offset);
    const auto coded = pairs_of(folder / "a.mkv", folder / "b.mkv", range),
               raw = pairs_of(folder / "a.y4m", folder / "b.y4m", range);
    ASSERT_EQ(coded->count(), raw->count());
    for (std::size_t i = 0; i < raw->count(); ++i) EXPECT_EQ(coded->identity(i).name, raw->identity(i).name);
    expect_equal(scores_of(*coded), scores_of(*raw));
  }
}

TEST(coded_video, frames_are_the_same_in_any_order_and_from_many_threads) {
  const TemporaryFolder folder;
  std::vector<int> noises;
  for (int i = 0; i < 40; ++i) noises.push_back(i);
  const std::vector<Frame> frames = noisy_frames(noises);
  write_video(folder / "a.mkv", frames);
  const auto video = open_video(folder / "a.mkv", std::nullopt, {.at_once = 4});
  ASSERT_EQ(video->frames(), frames.size());
  const auto is_right = [&](std::size_t i) {
    return video->read(i).planes[0].bytes == frames[i].planes[0].bytes;
  };
  for (const std::size_t i : {0, 1, 5, 3, 39, 0, 20, 20}) EXPECT_TRUE(is_right(i)) << i;
  std::atomic<std::size_t> next{0}, right{0};
  std::vector<std::thread> readers;
  for (int r = 0; r < 4; ++r)
    readers.emplace_back([&] {
      for (std::size_t i = next++; i < frames.size(); i = next++) right += is_right(i) ? 1 : 0;
    });
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(right, frames.size());
}

// Also where the container has no times, and the frames are counted by decoding them.
TEST(coded_video, it_is_told_how_far_a_file_is_looked_through) {
  const TemporaryFolder folder;
  const std::vector<Frame> frames = noisy_frames(std::vector<int>(30, 3));
  write_video(folder / "a.mkv", frames);
  write_video(folder / "a.m2v", frames, {.codec = "mpeg2video"});
  for (const auto& [name, numbered] :
       {std::pair{"a.mkv", "by their times"}, {"a.m2v", "in the order of decoding"}}) {
    std::vector<double> shares;
    const auto video =
        open_video(folder / name, std::nullopt, {}, {}, [&](double s) { shares.push_back(s); });
    EXPECT_EQ(video->description["frames_numbered"], numbered) << name;
    EXPECT_GE(shares.size(), video->frames()) << name;
    EXPECT_TRUE(std::is_sorted(shares.begin(), shares.end())) << name;
    EXPECT_GT(shares.front(), 0) << name;
    EXPECT_GT(shares.back(), 0.9) << name;
  }
}

// How often a file was opened since.
class OpenCount {
 public:
  explicit OpenCount(const std::filesystem::path& file) : notices_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
    // Closing too: the kernel joins notices that are alike and follow each other.
    inotify_add_watch(notices_, file.c_str(), IN_OPEN | IN_CLOSE);
  }
  ~OpenCount() { ::close(notices_); }
  OpenCount(const OpenCount&) = delete;
  OpenCount& operator=(const OpenCount&) = delete;
  int value() {
    inotify_event notice{};  // of a file, not of a folder: without a name
    while (::read(notices_, &notice, sizeof notice) == sizeof notice)
      opened_ += notice.mask & IN_OPEN ? 1 : 0;
    return opened_;
  }

 private:
  int notices_, opened_ = 0;
};

TEST(coded_video, a_video_is_opened_once_to_number_its_frames_and_once_to_decode_them) {
  const TemporaryFolder folder;
  write_video(folder / "a.mkv", noisy_frames({0, 1, 2}));
  OpenCount count(folder / "a.mkv");
  ASSERT_TRUE(is_video(folder / "a.mkv"));
  const int to_look = count.value();  // at its first bytes
  const auto video = open_video(folder / "a.mkv", std::nullopt, {});
  for (std::size_t i = 0; i < 3; ++i) video->read(i);
  EXPECT_EQ(count.value() - to_look, to_look + 2);
  const auto other = video->another();
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_EQ(other->read(i).planes[0].bytes, planes(64, 48, 8, int(i)).planes[0].bytes);
  EXPECT_EQ(count.value() - to_look, to_look + 3);
}

TEST(coded_video, several_tests_are_each_held_against_the_whole_reference) {
  const TemporaryFolder folder;
  write_video(folder / "a.mkv", noisy_frames({0, 5, 9}));
  write_video(folder / "b.mkv", noisy_frames({9, 5, 0}));
  write_video(folder / "c.mkv", noisy_frames({0, 5, 9}));
  SourceOptions options;
  for (const char* name : {"a.mkv", "b.mkv", "c.mkv"}) options.inputs.push_back((folder / name).string());
  const auto scores = scores_of(*open_source(options));
  ASSERT_EQ(scores.size(), 6u);
  for (const std::size_t same : {0, 1, 2, 4}) EXPECT_EQ(scores[same][0], 1.0) << same;
  for (const std::size_t other : {3, 5}) EXPECT_LT(scores[other][0], 1.0) << other;
}

TEST(coded_video, a_frame_that_cannot_be_decoded_leaves_the_others_in_their_place) {
  const TemporaryFolder folder;
  const std::vector<Frame> frames = noisy_frames({0, 4, 8, 12, 16, 20});
  write_video(folder / "a.mkv", frames, {.packet = [](std::size_t i, std::span<std::uint8_t> bytes) {
                if (i == 2 || i == 5) bytes[bytes.size() / 2] ^= 0x55;
              }});
  const auto video = open_video(folder / "a.mkv", std::nullopt, {});
  ASSERT_EQ(video->frames(), 6u);
  for (const std::size_t i : {0, 1, 3, 4})
    EXPECT_EQ(video->read(i).planes[0].bytes, frames[i].planes[0].bytes) << i;
  for (const std::size_t i : {2, 5})
    EXPECT_TRUE(contains(failure_of([&] { video->read(i); }),
                         "frame " + std::to_string(i) + " could not be decoded"));
}

Frame rgb_frame(int width, int height, int noise) { return *frame_of(waves(width, height, noise)); }

TEST(coded_video, frames_of_another_size_in_the_middle_are_read_as_they_are) {
  const TemporaryFolder folder;
  write_video(folder / "a.mkv", {rgb_frame(64, 48, 0), rgb_frame(32, 24, 0), rgb_frame(64, 48, 5)},
              {.codec = "png", .pixel_format = "rgb24"});
  write_video(folder / "b.mkv", {rgb_frame(64, 48, 0), rgb_frame(64, 48, 0), rgb_frame(64, 48, 0)},
              {.codec = "png", .pixel_format = "rgb24"});
  const auto source = pairs_of(folder / "a.mkv", folder / "b.mkv");
  ASSERT_EQ(source->count(), 3u);
  const ScorePlan plan{.metrics = {Metric::ssim}};
  EXPECT_EQ(score_once(source->load(0), nullptr, plan, KeepMap::no).values[0], 1.0);
  EXPECT_TRUE(contains(
      failure_of([&] { score_once(source->load(1), nullptr, plan, KeepMap::no); }, ExitCode::size_mismatch),
      "32x24 against 64x48"));
  EXPECT_LT(score_once(source->load(2), nullptr, plan, KeepMap::no).values[0], 1.0);
}

TEST(coded_video, rgb_video_is_read_as_its_codes) {
  const TemporaryFolder folder;
  const Frame frame = rgb_frame(33, 17, 9);
  write_video(folder / "a.mkv", {frame}, {.codec = "png", .pixel_format = "rgb24"});
  const auto video = open_video(folder / "a.mkv", std::nullopt, {});
  EXPECT_EQ(video->read(0).rgba8, frame.rgba8);
  EXPECT_FALSE(pairs_of(folder / "a.mkv", folder / "a.mkv")->luma_only);
}

TEST(coded_video, rgb_and_yuv_are_compared_as_rgb_when_asked) {
  const TemporaryFolder folder;
  write_video(folder / "rgb.mkv", {rgb_frame(64, 48, 0)}, {.codec = "png", .pixel_format = "rgb24"});
  write_video(folder / "yuv.mkv", noisy_frames({0}));
  EXPECT_TRUE(
      contains(failure_of([&] { pairs_of(folder / "yuv.mkv", folder / "rgb.mkv"); }, ExitCode::size_mismatch),
               "--as-rgb"));
  const auto source = pairs_of(folder / "yuv.mkv", folder / "rgb.mkv", {}, true);
  EXPECT_EQ(source->load(0).test->kind, Frame::Kind::rgb);
  EXPECT_EQ(scores_of(*source).size(), 1u);
}

TEST(coded_video, a_longer_video_says_what_is_left) {
  const TemporaryFolder folder;
  write_video(folder / "a.mkv", noisy_frames({0, 0, 0, 0, 0}));
  write_video(folder / "b.mkv", noisy_frames({0, 0, 0}));
  const auto source = pairs_of(folder / "a.mkv", folder / "b.mkv");
  EXPECT_EQ(source->count(), 3u);
  EXPECT_EQ(source->unmatched_count, 2u);
  EXPECT_TRUE(contains(source->unmatched.at(0), "a.mkv: frames 3 to 4"));
}

TEST(coded_video, rotation_is_stated_and_not_done) {
  const TemporaryFolder folder;
  write_video(folder / "a.mov", {rgb_frame(64, 48, 0)},
              {.codec = "png", .pixel_format = "rgb24", .rotation_degrees = 90});
  const auto source = pairs_of(folder / "a.mov", folder / "a.mov");
  EXPECT_EQ(source->load(0).test->width, 64);
  EXPECT_EQ(source->descriptions.at(0).at("rotation_degrees"), 90);
  EXPECT_TRUE(contains(source->notes.at(0), "turn it by 90 degrees clockwise"));
}

TEST(coded_video, what_is_no_video_fails_with_a_sentence) {
  const TemporaryFolder folder;
  write_text(folder / "letter.mp4", "this is a letter to my aunt");
  write_text(folder / "empty.mkv", "");
  // A playlist of a video elsewhere: nothing is fetched.
  write_text(folder / "list.ts", "#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n");
  for (const char* name : {"letter.mp4", "empty.mkv", "list.ts"})
    EXPECT_TRUE(contains(failure_of([&] { open_video(folder / name, std::nullopt, {}); }), name)) << name;
}

TEST(coded_video, damaged_files_fail_with_a_sentence_or_load) {
  const TemporaryFolder folder;
  std::vector<Frame> small;
  for (const int noise : {0, 1}) small.push_back(planes(16, 16, 8, noise));
  write_video(folder / "a.mkv", small);
  Damage(folder / "a.mkv")
      .truncate_and_flip(
          [&] {
            const auto video = open_video(folder / "a.mkv", std::nullopt, {});
            for (std::size_t i = 0; i < std::min<std::size_t>(video->frames(), 4); ++i) try {
                video->read(i);
              } catch (const Failure& failure) {
                EXPECT_EQ(failure.code, ExitCode::unreadable_input);
              }
          },
          48);
}

}  // namespace
}  // namespace fg::test
