#pragma once
// Reading and writing files with errors that a person can act on.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

namespace fg {

// An open regular file. Every failure is a Failure(unreadable_input) that names the file.
class InputFile {
 public:
  explicit InputFile(const std::filesystem::path& file);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::uint64_t size_bytes() const { return size_bytes_; }

  // Fills what the file has from offset on; returns the number of bytes, less than asked at the end of the
  // file.
  std::size_t read_some(std::uint64_t offset, std::span<std::uint8_t> bytes) const;

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
  std::uint64_t size_bytes_ = 0;
};

// The whole file; a file above limit_bytes is refused before anything is allocated.
std::vector<std::uint8_t> read_file(const std::filesystem::path& file,
                                    std::uint64_t limit_bytes = std::uint64_t{4} << 30);

// At most the first limit_bytes.
std::vector<std::uint8_t> read_file_start(const std::filesystem::path& file, std::size_t limit_bytes);

// /dev/null, a pipe, a socket: there, and neither a file nor a folder.
bool is_device_or_pipe(const std::filesystem::path& file);

// Writes a temporary beside the target; commit() renames it. Destroyed without commit(), it leaves nothing.
// A target that exists and is no regular file (/dev/stdout, a pipe) is written in place.
// Failures are Failure(internal): the input was fine, the disk was not.
class OutputFile {
 public:
  explicit OutputFile(const std::filesystem::path& file);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(std::span<const std::uint8_t> bytes);
  void write(std::string_view text);
  void commit();

 private:
  void fail(const char* what, int error_number);

  std::filesystem::path target_;
  std::filesystem::path temporary_;  // empty when the target is written in place, or once renamed
  int descriptor_ = -1;
};

}  // namespace fg
