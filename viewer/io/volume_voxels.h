#pragma once
// Voxels as bytes of a file, gzip or not, and what they mean as floats.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

struct gzFile_s;

namespace fg::volumes {

struct Scaling {
  double slope = 1, intercept = 0;
};

struct VoxelType {
  std::string_view name;  // "int16"
  int nifti_code;
  std::uint64_t bytes;
  void (*append)(const std::byte* voxels, std::size_t count, bool swap, Scaling scaling, std::vector<float>& values);
};
const VoxelType* voxel_type_named(std::string_view name);  // null: there is none
const VoxelType* voxel_type_of_nifti(int code);
std::string voxel_type_names();  // "int8, uint8, ..."

// Reads a file from its beginning, unpacking it if it is gzip inside.
class ByteStream {
 public:
  explicit ByteStream(const std::filesystem::path& file);  // throws Failure(unreadable_input)

  std::uint64_t position() const { return position_; }    // bytes so far, unpacked
  std::uint64_t file_bytes() const { return file_bytes_; }  // as they lie on the disk
  bool compressed() const { return compressed_; }

  std::size_t read_some(std::byte* bytes, std::size_t count);  // fewer than count: the file has ended
  void skip_to(std::uint64_t position);                        // throws where the file ends before

  // Appends count voxels. A file that ends early or is damaged is a Failure that tells the byte; memory grows with
  // what is really there, whatever a header claims.
  void append_voxels(const VoxelType& type, std::uint64_t count, bool swap, Scaling scaling,
                     std::vector<float>& values);

 private:
  std::filesystem::path file_;
  std::unique_ptr<gzFile_s, int (*)(gzFile_s*)> stream_;
  std::uint64_t position_ = 0, file_bytes_ = 0;
  bool compressed_ = false;
};

}  // namespace fg::volumes
