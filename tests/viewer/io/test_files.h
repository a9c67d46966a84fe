#pragma once
// For tests of readers: a folder that cleans up after itself, sentences of failures, and systematic damage.

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "viewer/error.h"

namespace fg {

using ByteVector = std::vector<std::uint8_t>;

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "framegauge-test-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::filesystem::path& name) const { return path_ / name; }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path_), {}));
  }

 private:
  std::filesystem::path path_;
};

inline void write_bytes(const std::filesystem::path& file, std::span<const std::uint8_t> bytes) {
  std::filesystem::create_directories(file.parent_path());
  std::filesystem::remove(file);  // ext4 waits for the disk when a file is cut to nothing and written again
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  ASSERT_TRUE(out.good()) << file;
}

inline void write_text(const std::filesystem::path& file, std::string_view text) {
  write_bytes(file, std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

// A JPEG's APP1 segment with an EXIF orientation alone.
inline ByteVector exif_segment(int orientation, bool big_endian) {
  ByteVector bytes{0xff, 0xe1, 0, 34, 'E', 'x', 'i', 'f', 0, 0};
  const auto put = [&](std::uint32_t value, int count) {
    for (int i = 0; i < count; ++i)
      bytes.push_back(static_cast<std::uint8_t>(value >> 8 * (big_endian ? count - 1 - i : i)));
  };
  bytes.insert(bytes.end(), 2, big_endian ? 'M' : 'I');
  put(42, 2);
  put(8, 4);       // where the directory begins
  put(1, 2);       // its entries
  put(0x0112, 2);  // orientation
  put(3, 2);       // numbers of 16 bits
  put(1, 4);       // of them one
  put(static_cast<std::uint32_t>(orientation), 2);
  put(0, 2);
  put(0, 4);  // no other directory
  return bytes;
}

inline ByteVector read_bytes(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// The sentence with which an action fails; an error of the test where it does not, or with another exit code.
template <class Action>
std::string failure_of(Action&& action, ExitCode code = ExitCode::unreadable_input) {
  try {
    action();
  } catch (const Failure& failure) {
    EXPECT_EQ(static_cast<int>(failure.code), static_cast<int>(code)) << failure.what();
    return failure.what();
  }
  ADD_FAILURE() << "expected a Failure, nothing was thrown";
  return {};
}

inline bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// Writes changed copies of a good file and loads each: it has to load, or fail with a sentence that names the
// file. Anything else (another exception, a crash, a sanitizer report, an allocation of 256 MB) fails the
// test.
class Damage {
 public:
  explicit Damage(std::filesystem::path file) : file_(std::move(file)), good_(read_bytes(file_)) {}

  template <class Load>
  void truncate_and_flip(Load&& load, std::size_t header_bytes = 1024) {
    ByteVector bytes;
    const std::size_t step = std::max<std::size_t>(1, good_.size() / 500);
    for (std::size_t length = 0; length < good_.size(); length += length < header_bytes ? 1 : step)
      attempt(ByteVector(good_.begin(), good_.begin() + static_cast<std::ptrdiff_t>(length)), load, "cut at",
              length);
    EXPECT_GT(failed_, std::min<std::size_t>(8, good_.size() / 2))
        << "cutting the file short was hardly ever noticed";
    for (std::size_t at = 0; at < std::min(header_bytes, good_.size()); ++at)
      for (const std::uint8_t value : {std::uint8_t(good_[at] ^ 0x01), std::uint8_t(good_[at] ^ 0x80),
                                       std::uint8_t(0), std::uint8_t(0xff), std::uint8_t(good_[at] + 1)}) {
        if (value == good_[at]) continue;
        bytes = good_;
        bytes[at] = value;
        attempt(bytes, load, "changed at", at);
      }
    std::uint32_t random = 12345;  // the same damage in every run
    const auto next = [&random] { return random = random * 1664525u + 1013904223u, random >> 8; };
    for (int round = 0; round < 500; ++round) {
      bytes = good_;
      for (int i = 0; i < 4; ++i) bytes[next() % bytes.size()] = static_cast<std::uint8_t>(next());
      attempt(bytes, load, "random damage in round", static_cast<std::size_t>(round));
    }
    write_bytes(file_, good_);
  }

 private:
  template <class Load>
  void attempt(const ByteVector& bytes, Load&& load, const char* what, std::size_t where) {
    write_bytes(file_, bytes);
    try {
      load();
    } catch (const Failure& failure) {
      ++failed_;
      EXPECT_TRUE(contains(failure.what(), file_.filename().string()))
          << what << " " << where << ": " << failure.what();
      EXPECT_TRUE(failure.code == ExitCode::unreadable_input)
          << what << " " << where << ": " << failure.what();
    } catch (const std::exception& error) {
      ADD_FAILURE() << what << " " << where << ": not a Failure: " << error.what();
    }
  }

  std::filesystem::path file_;
  ByteVector good_;
  std::size_t failed_ = 0;
};

}  // namespace fg
