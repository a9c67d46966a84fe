#include "viewer/io/volume_voxels.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <string>

#include "viewer/error.h"

namespace fg::volumes {
namespace {

template <class T>
void append_as(const std::byte* bytes, std::size_t count, bool swap, Scaling scaling, std::vector<float>& values) {
  for (std::size_t n = 0; n < count; ++n) {
    std::byte voxel[sizeof(T)];
    std::memcpy(voxel, bytes + n * sizeof(T), sizeof(T));
    if (swap) std::reverse(std::begin(voxel), std::end(voxel));
    T value;
    std::memcpy(&value, voxel, sizeof(T));
    values.push_back(static_cast<float>(static_cast<double>(value) * scaling.slope + scaling.intercept));
  }
}

// Codes of nifti1.h (NIFTI_TYPE_...).
constexpr VoxelType kTypes[] = {
    {"int8", 256, 1, append_as<std::int8_t>},     {"uint8", 2, 1, append_as<std::uint8_t>},
    {"int16", 4, 2, append_as<std::int16_t>},     {"uint16", 512, 2, append_as<std::uint16_t>},
    {"int32", 8, 4, append_as<std::int32_t>},     {"uint32", 768, 4, append_as<std::uint32_t>},
    {"int64", 1024, 8, append_as<std::int64_t>},  {"uint64", 1280, 8, append_as<std::uint64_t>},
    {"float32", 16, 4, append_as<float>},         {"float64", 64, 8, append_as<double>},
};

}  // namespace

const VoxelType* voxel_type_named(std::string_view name) {
  const auto found = std::find_if(std::begin(kTypes), std::end(kTypes), [&](const VoxelType& t) { return t.name == name; });
  return found == std::end(kTypes) ? nullptr : found;
}

const VoxelType* voxel_type_of_nifti(int code) {
  const auto found =
      std::find_if(std::begin(kTypes), std::end(kTypes), [&](const VoxelType& t) { return t.nifti_code == code; });
  return found == std::end(kTypes) ? nullptr : found;
}

std::string voxel_type_names() {
  std::string names;
  for (const VoxelType& type : kTypes) names += (names.empty() ? "" : ", ") + std::string(type.name);
  return names;
}

ByteStream::ByteStream(const std::filesystem::path& file) : file_(file), stream_(nullptr, gzclose) {
  std::error_code error;
  file_bytes_ = std::filesystem::file_size(file, error);
  stream_.reset(error ? nullptr : gzopen(file.c_str(), "rb"));
  if (!stream_) throw unreadable(file, "it cannot be opened");
  std::ifstream peek(file, std::ios::binary);
  compressed_ = peek.get() == 0x1f && peek.get() == 0x8b;
}

std::size_t ByteStream::read_some(std::byte* bytes, std::size_t count) {
  std::size_t done = 0;
  while (done < count) {
    const int got = gzread(stream_.get(), bytes + done, static_cast<unsigned>(std::min<std::size_t>(count - done, 1u << 24)));
    if (got < 0) {
      int code = Z_OK;
      const std::string reason = gzerror(stream_.get(), &code);
      if (code == Z_BUF_ERROR) return done;  // the compressed data ends too early
      throw unreadable(file_, fmt::format("byte {} of the unpacked data: the gzip data is damaged ({})", position_ + done,
                                          reason));
    }
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  position_ += done;
  return done;
}

void ByteStream::skip_to(std::uint64_t position) {
  std::byte ignored[4096];
  while (position_ < position) {
    const auto step = static_cast<std::size_t>(std::min<std::uint64_t>(position - position_, sizeof ignored));
    if (read_some(ignored, step) < step)
      throw unreadable(file_, fmt::format("its voxels should begin at byte {}, but it ends after {}; it is truncated or "
                                          "its header is damaged",
                                          position, position_));
  }
}

void ByteStream::append_voxels(const VoxelType& type, std::uint64_t count, bool swap, Scaling scaling,
                               std::vector<float>& values) {
  const std::uint64_t start = position_;
  constexpr std::size_t kAtOnce = std::size_t{1} << 20;  // voxels
  std::vector<std::byte> bytes(static_cast<std::size_t>(std::min<std::uint64_t>(count, kAtOnce) * type.bytes));
  for (std::uint64_t done = 0; done < count;) {
    const auto voxels = static_cast<std::size_t>(std::min<std::uint64_t>(count - done, kAtOnce));
    if (read_some(bytes.data(), voxels * type.bytes) < voxels * type.bytes)
      throw unreadable(file_, fmt::format("expected {} voxels of {} bytes from byte {} on, it ends after byte {}; it is "
                                          "truncated or its header is damaged",
                                          count, type.bytes, start, position_));
    type.append(bytes.data(), voxels, swap, scaling, values);
    done += voxels;
  }
}

}  // namespace fg::volumes
