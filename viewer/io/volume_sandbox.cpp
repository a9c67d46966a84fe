#include "viewer/io/volume_sandbox.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <new>
#include <string>

#include "viewer/error.h"

namespace fg::volumes {
namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

class Pipe {
 public:
  Pipe() {
    if (pipe2(ends_, O_CLOEXEC) != 0)
      throw Failure(ExitCode::internal, fmt::format("no pipe to a child process: {}", std::strerror(errno)));
  }
  ~Pipe() {
    close_reading();
    close_writing();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  void close_reading() { close_end(0); }
  void close_writing() { close_end(1); }

  bool write_all(const void* bytes, std::size_t count) const {
    const char* next = static_cast<const char*>(bytes);
    while (count > 0) {
      const ssize_t done = ::write(ends_[1], next, count);
      if (done < 0 && errno == EINTR) continue;
      if (done <= 0) return false;
      next += done;
      count -= static_cast<std::size_t>(done);
    }
    return true;
  }
  bool read_all(void* bytes, std::size_t count) const {
    char* next = static_cast<char*>(bytes);
    while (count > 0) {
      const ssize_t done = ::read(ends_[0], next, count);
      if (done < 0 && errno == EINTR) continue;
      if (done <= 0) return false;
      next += done;
      count -= static_cast<std::size_t>(done);
    }
    return true;
  }

  template <class T>
  bool write(const T& value) const {
    return write_all(&value, sizeof value);
  }
  template <class T>
  bool read(T& value) const {
    return read_all(&value, sizeof value);
  }
  bool write(const std::string& text) const {
    return write(text.size()) && write_all(text.data(), text.size());
  }
  bool read(std::string& text) const {
    std::size_t size = 0;
    if (!read(size) || size > kMiB) return false;
    text.resize(size);
    return read_all(text.data(), size);
  }

 private:
  void close_end(int end) {
    if (ends_[end] >= 0) close(ends_[end]);
    ends_[end] = -1;
  }
  int ends_[2] = {-1, -1};
};

enum class Answer : int { volume = 1, failure = 2 };

bool send(const Pipe& pipe, const Volume& volume) {
  bool sent = pipe.write(Answer::volume) && pipe.write(volume.extent) && pipe.write(volume.voxel_to_world) &&
              pipe.write(volume.notes.size());
  for (const std::string& note : volume.notes) sent = sent && pipe.write(note);
  return sent && pipe.write(volume.values.size()) &&
         pipe.write_all(volume.values.data(), volume.values.size() * sizeof(float));
}

bool receive(const Pipe& pipe, Volume& volume) {
  std::size_t notes = 0, count = 0;
  if (!pipe.read(volume.extent) || !pipe.read(volume.voxel_to_world) || !pipe.read(notes)) return false;
  for (std::size_t n = 0; n < notes; ++n)
    if (!pipe.read(volume.notes.emplace_back())) return false;
  if (!pipe.read(count)) return false;
  volume.values.resize(count);
  return pipe.read_all(volume.values.data(), count * sizeof(float));
}

std::uint64_t address_space_bytes() {
  unsigned long long pages = 0;
  if (std::FILE* statm = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(statm, "%llu", &pages) != 1) pages = 0;
    std::fclose(statm);
  }
  return pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

void set_soft_limit(decltype(RLIMIT_AS) resource, std::uint64_t value) {
  rlimit limit{};
  if (getrlimit(resource, &limit) != 0) return;
  limit.rlim_cur = std::min<rlim_t>(value, limit.rlim_max);
  setrlimit(resource, &limit);
}

// An assertion must not leave a core file, nor a sanitizer or a handler of the host turn it into a report.
void become_quiet_child(std::uint64_t bytes_in_files) {
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGXCPU, SIGPIPE, SIGINT, SIGTERM})
    std::signal(signal, SIG_DFL);
  if (const int null = open("/dev/null", O_RDWR); null >= 0)
    for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(null, standard);
  set_soft_limit(RLIMIT_CORE, 0);
  set_soft_limit(RLIMIT_CPU, 10 + bytes_in_files / kMiB);  // seconds; decoders manage several MiB in each
  if (const std::uint64_t now = address_space_bytes(); now > 0)
    set_soft_limit(RLIMIT_AS, now + 512 * kMiB + 8 * bytes_in_files);
}

[[noreturn]] void run_child(Pipe& pipe, const std::filesystem::path& file, std::uint64_t bytes_in_files,
                            const std::function<Volume()>& read) {
  const auto fail = [&](ExitCode code, const std::string& text) {
    allow_all_memory();
    return pipe.write(Answer::failure) && pipe.write(code) && pipe.write(text);
  };
  bool sent = false;
  try {
    pipe.close_reading();
    become_quiet_child(bytes_in_files);
    sent = send(pipe, read());
  } catch (const Failure& failure) {
    sent = fail(failure.code, failure.what());
  } catch (const std::bad_alloc&) {
    sent = fail(
        ExitCode::unreadable_input,
        unreadable(file, "reading it needs far more memory than its size explains; it is damaged").what());
  } catch (const std::exception& problem) {
    sent = fail(ExitCode::unreadable_input, unreadable(file, problem.what()).what());
  } catch (...) {
    sent =
        fail(ExitCode::unreadable_input, unreadable(file, "its reader failed for an unknown reason").what());
  }
  _exit(sent ? 0 : 1);  // no destructors or exit handlers of the parent's objects
}

}  // namespace

void allow_all_memory() { set_soft_limit(RLIMIT_AS, RLIM_INFINITY); }

Volume read_in_child(const std::filesystem::path& file, std::uint64_t bytes_in_files,
                     const std::function<Volume()>& read) {
  Pipe pipe;
  const pid_t child = fork();
  if (child < 0) throw Failure(ExitCode::internal, fmt::format("no child process: {}", std::strerror(errno)));
  if (child == 0) run_child(pipe, file, bytes_in_files, read);

  pipe.close_writing();
  // The child is waited for on every way out; a closed pipe ends one that still writes.
  struct Reaper {
    Pipe& pipe;
    pid_t child;
    int status = 0;
    void wait() {
      if (child < 0) return;
      pipe.close_reading();
      while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
      }
      child = -1;
    }
    ~Reaper() { wait(); }
  } reaper{pipe, child};

  Answer answer{};
  Volume volume;
  if (pipe.read(answer)) {
    if (answer == Answer::volume && receive(pipe, volume)) return volume;
    ExitCode code{};
    std::string text;
    if (answer == Answer::failure && pipe.read(code) && pipe.read(text)) throw Failure(code, text);
  }
  reaper.wait();
  if (WIFSIGNALED(reaper.status) && WTERMSIG(reaper.status) == SIGXCPU)
    throw unreadable(file, "its reader did not come to an end; the file is damaged");
  throw unreadable(file, "its reader broke down over it; the file is damaged or truncated");
}

}  // namespace fg::volumes
