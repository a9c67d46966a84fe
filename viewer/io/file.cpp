#include "viewer/io/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <random>
#include <string>
#include <system_error>

#include "viewer/error.h"

namespace fg {

namespace {

std::string reason(int error_number) { return std::generic_category().message(error_number); }

}  // namespace

InputFile::InputFile(const std::filesystem::path& file) : path_(file) {
  // O_NONBLOCK so that a named pipe without a writer is refused instead of waited for.
  descriptor_ = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor_ < 0) throw unreadable(file, "cannot be opened: " + reason(errno));
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(descriptor_);
    throw unreadable(file,
                     S_ISDIR(status.st_mode) ? "is a folder; expected a file" : "is not a regular file");
  }
  size_bytes_ = static_cast<std::uint64_t>(status.st_size);
}

InputFile::~InputFile() { ::close(descriptor_); }

std::size_t InputFile::read_some(std::uint64_t offset, std::span<std::uint8_t> bytes) const {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n =
        ::pread(descriptor_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw unreadable(path_, "byte " + std::to_string(offset + done) + ": " + reason(errno));
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  return done;
}

std::vector<std::uint8_t> read_file(const std::filesystem::path& file, std::uint64_t limit_bytes) {
  const InputFile input(file);
  if (input.size_bytes() > limit_bytes)
    throw unreadable(file, "has " + std::to_string(input.size_bytes()) + " bytes; the limit is " +
                               std::to_string(limit_bytes));
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(input.size_bytes()));
  bytes.resize(input.read_some(0, bytes));
  return bytes;
}

std::vector<std::uint8_t> read_file_start(const std::filesystem::path& file, std::size_t limit_bytes) {
  const InputFile input(file);
  std::vector<std::uint8_t> bytes(std::min<std::uint64_t>(limit_bytes, input.size_bytes()));
  bytes.resize(input.read_some(0, bytes));
  return bytes;
}

bool is_device_or_pipe(const std::filesystem::path& file) {
  std::error_code ignored;
  return std::filesystem::is_other(std::filesystem::status(file, ignored));
}

OutputFile::OutputFile(const std::filesystem::path& file) : target_(file) {
  std::error_code ignored;
  const auto status = std::filesystem::status(file, ignored);
  if (std::filesystem::is_directory(status)) fail("cannot be written", EISDIR);
  if (is_device_or_pipe(file)) {
    descriptor_ = ::open(file.c_str(), O_WRONLY | O_CLOEXEC);
    if (descriptor_ < 0) fail("cannot be opened for writing", errno);
    return;
  }
  if (std::filesystem::exists(status)) {
    // Renaming onto a symbolic link would replace the link instead of what it points to.
    const auto real = std::filesystem::canonical(file, ignored);
    if (!ignored) target_ = real;
  }
  constexpr std::size_t kLongestStart = 200;  // bytes: a name has at most 255, and the temporary is one, too
  std::random_device random;
  for (int attempt = 0; attempt < 16; ++attempt) {
    temporary_ = target_.parent_path() /
                 (target_.filename().string().substr(0, kLongestStart) + ".part-" + std::to_string(random()));
    descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor_ >= 0 || errno != EEXIST) break;
  }
  if (descriptor_ < 0) {
    const int error_number = errno;
    temporary_.clear();
    fail("cannot be written", error_number);
  }
}

OutputFile::~OutputFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void OutputFile::write(std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(descriptor_, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("writing failed", errno);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
}

void OutputFile::write(std::string_view text) {
  write(std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

void OutputFile::commit() {
  const int descriptor = descriptor_;
  descriptor_ = -1;
  if (::close(descriptor) != 0) fail("writing failed", errno);  // network drives report a full disk here
  if (temporary_.empty()) return;
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail("cannot be written", errno);
  temporary_.clear();
}

void OutputFile::fail(const char* what, int error_number) {
  throw Failure(ExitCode::internal, target_.string() + ": " + what + ": " + reason(error_number));
}

}  // namespace fg
