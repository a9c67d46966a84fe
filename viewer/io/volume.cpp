#include "viewer/io/volume.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <limits>
#include <new>
#include <system_error>

#include "viewer/error.h"
#include "viewer/io/volume_readers.h"

namespace fg {
namespace {

constexpr float kAir = -1000.0f;  // HU

std::uint64_t machine_memory_bytes() {
  const long pages = sysconf(_SC_PHYS_PAGES), page_bytes = sysconf(_SC_PAGESIZE);
  if (pages <= 0 || page_bytes <= 0) return std::numeric_limits<std::uint64_t>::max();
  return static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page_bytes);
}

void require_invertible(const std::filesystem::path& file, const glm::dmat4& voxel_to_world) {
  const glm::dvec3 i(voxel_to_world[0]), j(voxel_to_world[1]), k(voxel_to_world[2]),
      origin(voxel_to_world[3]);
  const double volume = glm::dot(i, glm::cross(j, k));
  const double sides = glm::length(i) * glm::length(j) * glm::length(k);
  // A NaN anywhere fails the comparison too. 1e-6: axes less than a thousandth of a degree apart from one
  // plane.
  if (!(std::abs(volume) > 1e-6 * sides) || !std::isfinite(volume) ||
      !std::isfinite(glm::dot(origin, origin)))
    throw unreadable(
        file, fmt::format("its voxel axes do not span space (spacing {:g} x {:g} x {:g} mm); the header's "
                          "spacing or direction is damaged",
                          glm::length(i), glm::length(j), glm::length(k)));
}

Volume load_by_kind(const std::filesystem::path& file) {
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored)) return volumes::load_with_itk(file);
  if (file.extension() == ".json") return volumes::load_raw(file);
  if (volumes::is_metaimage(file)) return volumes::load_metaimage(file);
  return volumes::is_nifti(file) ? volumes::load_nifti(file) : volumes::load_with_itk(file);
}

}  // namespace

glm::dvec3 Volume::centre_mm() const {
  const glm::dvec4 middle((extent[0] - 1) * 0.5, (extent[1] - 1) * 0.5, (extent[2] - 1) * 0.5, 1.0);
  return glm::dvec3(voxel_to_world * middle);
}

std::uint64_t volumes::checked_voxel_count(const std::filesystem::path& file, const Claim& claim) {
  constexpr std::uint64_t kLongestAxis = 1u << 20;
  const auto [nx, ny, nz] = claim.extent;
  const std::string size = fmt::format("{} x {} x {}", nx, ny, nz);
  if (nx == 0 || ny == 0 || nz == 0) throw unreadable(file, "it has no voxels: its header says " + size);
  if (nx > kLongestAxis || ny > kLongestAxis || nz > kLongestAxis)
    throw unreadable(file,
                     fmt::format("its header claims {} voxels; an axis has at most {}", size, kLongestAxis));
  const std::uint64_t count = nx * ny * nz;  // below 2^60
  const std::uint64_t most_bytes = claim.compressed ? claim.bytes_in_file * 1032 : claim.bytes_in_file;
  if (count > most_bytes / claim.voxel_bytes)
    throw unreadable(
        file, fmt::format("its header claims {} voxels, but only {} bytes{} are there; it is truncated or "
                          "its header is damaged",
                          size, claim.bytes_in_file, claim.compressed ? " (compressed)" : ""));
  if (count > machine_memory_bytes() / sizeof(float))
    throw unreadable(
        file, fmt::format("{} voxels do not fit into this machine's memory of {} MiB; crop or downsample it",
                          size, machine_memory_bytes() >> 20));
  return count;
}

Volume load_volume(const std::filesystem::path& file, std::size_t* nonfinite) {
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) throw unreadable(file, "there is no such file or folder");
  Volume volume;
  try {
    volume = load_by_kind(file);
  } catch (const std::bad_alloc&) {
    throw unreadable(file, "its voxels do not fit into memory; crop or downsample it");
  }
  require_invertible(file, volume.voxel_to_world);
  std::size_t bad = 0;
  for (float& value : volume.values)
    if (!std::isfinite(value)) {
      value = kAir;
      ++bad;
    }
  if (bad) volume.notes.push_back(fmt::format("{} voxels are NaN or infinite and count as air.", bad));
  if (nonfinite) *nonfinite = bad;
  return volume;
}

}  // namespace fg
