// The sample scene is what its generator makes.

#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/viewer/commands/program.h"

namespace fg::test {
namespace {

namespace fs = std::filesystem;

TEST(sample_scene, the_generator_makes_the_committed_files_again) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP()
      << "tracing the photographs takes minutes under AddressSanitizer; the ordinary build runs this test";
#endif
  const fs::path folder = scratch_folder();
  ASSERT_EQ(
      std::system((std::string(FRAMEGAUGE_GENERATE_SCENE) + " " + folder.string() + " >/dev/null").c_str()),
      0);
  const fs::path committed = fs::path(FRAMEGAUGE_ASSETS) / "scene";
  int files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(committed)) {
    if (!entry.is_regular_file()) continue;
    const fs::path name = fs::relative(entry.path(), committed);
    EXPECT_EQ(read_text(entry.path()), read_text(folder / name)) << name;
    ++files;
  }
  EXPECT_EQ(files, 16);  // 12 photographs, 3 COLMAP files, 1 splat file
}

}  // namespace
}  // namespace fg::test
