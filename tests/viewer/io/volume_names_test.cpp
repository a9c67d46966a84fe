#include "viewer/io/volume_names.h"

#include <gtest/gtest.h>

#include "tests/viewer/io/volume_files.h"

namespace fg::test {
namespace {

namespace fs = std::filesystem;
using Files = std::vector<fs::path>;

TEST(volume_names, tell_volumes_from_pictures_and_other_packed_files) {
  for (const char* name : {"a.nii", "b.NII.GZ", "c.NRRD", "d.nhdr", "e.mha", "f.mhd"})
    EXPECT_TRUE(is_volume_name(name)) << name;
  for (const char* name : {"a.png", "b.hdr", "c.gz", "d.mha.gz", "e.dcm", "none", ".nii.txt"})
    EXPECT_FALSE(is_volume_name(name)) << name;
}

TEST(files_of_volume, a_header_brings_the_files_that_it_names) {
  const fs::path folder = volume_folder();
  const auto header = [&](const std::string& name, const std::string& text) {
    return write_bytes(folder / name, text);
  };
  const fs::path meta = header("a.mhd", "NDims = 3\nElementDataFile = b.raw \r\n");
  EXPECT_EQ(files_of_volume(meta), (Files{meta, folder / "b.raw"}));
  const fs::path one = header("one.nhdr", "NRRD0004\ndata file: c.raw\n\n");
  EXPECT_EQ(files_of_volume(one), (Files{one, folder / "c.raw"}));
  const fs::path list = header("list.nhdr", "NRRD0004\ndata file: LIST 2\nz.raw\ny.raw\n");
  EXPECT_EQ(files_of_volume(list), (Files{list, folder / "z.raw", folder / "y.raw"}));
  const fs::path pattern = header("pattern.nhdr", "NRRD0004\ndatafile: s%03d.raw 8 12 2\n\n");
  EXPECT_EQ(files_of_volume(pattern),
            (Files{pattern, folder / "s008.raw", folder / "s010.raw", folder / "s012.raw"}));
}

TEST(files_of_volume, others_are_their_only_file_and_a_folder_is_all_of_its) {
  const fs::path folder = volume_folder();
  EXPECT_EQ(files_of_volume(folder / "absent.mhd"), Files{folder / "absent.mhd"});
  const fs::path local =
      write_bytes(folder / "b.nhdr", "NRRD0004\nencoding: raw\n\ndata file: in the voxels");
  EXPECT_EQ(files_of_volume(local), Files{local});
  const fs::path other = write_bytes(folder / "a.mhd", "ElementDataFile = LOCAL\n");
  EXPECT_EQ(files_of_volume(other), Files{other});
  EXPECT_EQ(files_of_volume(folder), (Files{other, local}));
}

}  // namespace
}  // namespace fg::test
