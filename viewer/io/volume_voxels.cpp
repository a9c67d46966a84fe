#include "viewer/io/volume_voxels.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <string>

#include "viewer/error.h"

namespace fg::volumes {
namespace {

template <class T>
void append_as(const std::byte* bytes, std::size_t count, bool swap, Scaling scaling,
               std::vector<float>& values) {
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
    {"int8", 256, 1, append_as<std::int8_t>},    {"uint8", 2, 1, append_as<std::uint8_t>},
    {"int16", 4, 2, append_as<std::int16_t>},    {"uint16", 512, 2, append_as<std::uint16_t>},
    {"int32", 8, 4, append_as<std::int32_t>},    {"uint32", 768, 4, append_as<std::uint32_t>},
    {"int64", 1024, 8, append_as<std::int64_t>}, {"uint64", 1280, 8, append_as<std::uint64_t>},
    {"float32", 16, 4, append_as<float>},        {"float64", 64, 8, append_as<double>},
};

}  // namespace

const VoxelType* voxel_type_named(std::string_view name) {
  const auto found =
      std::find_if(std::begin(kTypes), std::end(kTypes), [&](const VoxelType& t) { return t.name == name; });
  return found == std::end(kTypes) ? nullptr : found;
}

const VoxelType* voxel_type_of_nifti(int code) {
  const auto found = std::find_if(std::begin(kTypes), std::end(kTypes),
                                  [&](const VoxelType& t) { return t.nifti_code == code; });
  return found == std::end(kTypes) ? nullptr : found;
}

std::string voxel_type_names() {
  std::string names;
  for (const VoxelType& type : kTypes) names += (names.empty() ? "" : ", ") + std::string(type.name);
  return names;
}

struct ByteStream::Unpacker {
  explicit Unpacker(int window_bits) {
    if (inflateInit2(&stream, window_bits) != Z_OK) throw std::bad_alloc();
  }
  ~Unpacker() { inflateEnd(&stream); }
  Unpacker(const Unpacker&) = delete;
  Unpacker& operator=(const Unpacker&) = delete;

  z_stream stream{};
  bool ended = false;
  std::vector<char> packed = std::vector<char>(std::size_t{1} << 16);
};

ByteStream::ByteStream(const std::filesystem::path& file, std::uint64_t offset, Packing packing)
    : file_(file), stream_(file, std::ios::binary) {
  std::error_code error;
  const std::uint64_t size_bytes = std::filesystem::file_size(file, error);
  if (error || !stream_) throw unreadable(file, "it cannot be opened");
  file_bytes_ = size_bytes - std::min(size_bytes, offset);
  stream_.seekg(static_cast<std::streamoff>(offset));
  bool gzip = false;
  if (packing == Packing::detect) {
    gzip = stream_.get() == 0x1f && stream_.get() == 0x8b;
    stream_.clear();
    stream_.seekg(static_cast<std::streamoff>(offset));
  }
  constexpr int kZlib = 15, kGzip = 15 + 16;  // window bits, as zlib.h has it
  if (gzip || packing == Packing::zlib) unpacker_ = std::make_unique<Unpacker>(gzip ? kGzip : kZlib);
}

ByteStream::~ByteStream() = default;

std::size_t ByteStream::read_packed(std::byte* bytes, std::size_t count) {
  z_stream& z = unpacker_->stream;
  z.next_out = reinterpret_cast<Bytef*>(bytes);
  z.avail_out = static_cast<uInt>(count);
  while (z.avail_out > 0) {
    if (z.avail_in == 0) {
      stream_.read(unpacker_->packed.data(), static_cast<std::streamsize>(unpacker_->packed.size()));
      z.avail_in = static_cast<uInt>(stream_.gcount());
      z.next_in = reinterpret_cast<Bytef*>(unpacker_->packed.data());
      if (z.avail_in == 0) break;
    }
    if (unpacker_->ended) {  // another member of a gzip file, or bytes that mean nothing
      if (*z.next_in != 0x1f || inflateReset(&z) != Z_OK) break;
      unpacker_->ended = false;
    }
    const int result = inflate(&z, Z_NO_FLUSH);
    if (result == Z_STREAM_END)
      unpacker_->ended = true;
    else if (result != Z_OK && result != Z_BUF_ERROR)
      throw unreadable(file_, fmt::format("byte {} of the unpacked data: the compressed data is damaged ({})",
                                          position_ + count - z.avail_out, z.msg ? z.msg : "zlib"));
  }
  return count - z.avail_out;
}

std::size_t ByteStream::read_some(std::byte* bytes, std::size_t count) {
  std::size_t done = 0;
  while (done < count) {
    const std::size_t wanted = std::min(count - done, std::size_t{1} << 24);
    std::size_t got = 0;
    if (unpacker_) {
      got = read_packed(bytes + done, wanted);
    } else {
      stream_.read(reinterpret_cast<char*>(bytes + done), static_cast<std::streamsize>(wanted));
      got = static_cast<std::size_t>(stream_.gcount());
    }
    done += got;
    position_ += got;
    if (got < wanted) break;
  }
  return done;
}

void ByteStream::skip_to(std::uint64_t position) {
  std::byte ignored[4096];
  while (position_ < position) {
    const auto step = static_cast<std::size_t>(std::min<std::uint64_t>(position - position_, sizeof ignored));
    if (read_some(ignored, step) < step)
      throw unreadable(
          file_, fmt::format("its voxels should begin at byte {}, but it ends after {}; it is truncated or "
                             "its header is damaged",
                             position, position_));
  }
}

void ByteStream::append_voxels(const VoxelType& type, std::uint64_t count, bool swap, Scaling scaling,
                               std::vector<float>& values) {
  const std::uint64_t start = position_;
  constexpr std::size_t kAtOnce = std::size_t{1} << 20;  // voxels
  constexpr std::uint64_t kUsualRatio = 16;  // CTs pack 2:1 to 4:1; what packs better grows on the way
  values.reserve(static_cast<std::size_t>(
      std::min<std::uint64_t>(count, kUsualRatio * file_bytes_ / type.bytes + kAtOnce)));
  std::vector<std::byte> bytes(
      static_cast<std::size_t>(std::min<std::uint64_t>(count, kAtOnce) * type.bytes));
  for (std::uint64_t done = 0; done < count;) {
    const auto voxels = static_cast<std::size_t>(std::min<std::uint64_t>(count - done, kAtOnce));
    if (read_some(bytes.data(), voxels * type.bytes) < voxels * type.bytes)
      throw unreadable(
          file_, fmt::format("expected {} voxels of {} bytes from byte {} on, it ends after byte {}; it is "
                             "truncated or its header is damaged",
                             count, type.bytes, start, position_));
    type.append(bytes.data(), voxels, swap, scaling, values);
    done += voxels;
  }
}

}  // namespace fg::volumes
