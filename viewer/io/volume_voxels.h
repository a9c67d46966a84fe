#pragma once
// Voxels as bytes of a file, gzip or not, and what they mean as floats.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace fg::volumes {

struct Scaling {
  double slope = 1, intercept = 0;
};

struct VoxelType {
  std::string_view name;  // "int16"
  int nifti_code;
  std::uint64_t bytes;
  void (*append)(const std::byte* voxels, std::size_t count, bool swap, Scaling scaling,
                 std::vector<float>& values);
};
const VoxelType* voxel_type_named(std::string_view name);  // null: there is none
const VoxelType* voxel_type_of_nifti(int code);
std::string voxel_type_names();  // "int8, uint8, ..."

enum class Packing {
  none,
  zlib,    // MetaImage
  detect,  // gzip if it begins like gzip, else none
};

// Reads a file from an offset on, unpacking it on the way.
class ByteStream {
 public:
  explicit ByteStream(const std::filesystem::path& file, std::uint64_t offset = 0,
                      Packing packing = Packing::detect);  // throws Failure(unreadable_input)
  ~ByteStream();

  std::uint64_t position() const { return position_; }      // bytes read, unpacked
  std::uint64_t file_bytes() const { return file_bytes_; }  // on the disk, from the offset on
  bool compressed() const { return unpacker_ != nullptr; }

  std::size_t read_some(std::byte* bytes, std::size_t count);  // fewer than count: the data has ended
  void skip_to(std::uint64_t position);                        // throws where the data ends before

  // Appends count voxels. A file that ends early or is damaged is a Failure that tells the byte; memory grows
  // with what is really there, whatever a header claims.
  void append_voxels(const VoxelType& type, std::uint64_t count, bool swap, Scaling scaling,
                     std::vector<float>& values);

 private:
  struct Unpacker;
  std::size_t read_packed(std::byte* bytes, std::size_t count);

  std::filesystem::path file_;
  std::ifstream stream_;
  std::unique_ptr<Unpacker> unpacker_;  // null: the file is not packed
  std::uint64_t position_ = 0, file_bytes_ = 0;
};

}  // namespace fg::volumes
