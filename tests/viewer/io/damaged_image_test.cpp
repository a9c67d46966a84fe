// Systematically damaged images: each loads or fails with a sentence, without a crash or a giant allocation.

#include <gtest/gtest.h>

#include "tests/viewer/io/sample_exr.h"
#include "tests/viewer/io/sample_images.h"
#include "tests/viewer/io/test_files.h"
#include "viewer/io/image.h"

// Under AddressSanitizer one allocation above 256 MB ends the program; the files here have a few kilobytes.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() { return "max_allocation_size_mb=256"; }

namespace fg {
namespace {

void damage_image(const std::filesystem::path& file) {
  Damage(file).truncate_and_flip([&] {
    peek_image_size(file);
    load_image(file);
  });
}

TEST(damaged_image, png) {
  const TemporaryFolder folder;
  save_png(folder / "a.png", gradient(24, 24, false));
  damage_image(folder / "a.png");
  std::vector<std::uint16_t> codes(24 * 24);
  for (std::size_t i = 0; i < codes.size(); ++i) codes[i] = static_cast<std::uint16_t>(i % 16);
  write_png(folder / "b.png", 24, 24, {3, 4, true}, codes);
  damage_image(folder / "b.png");
}

TEST(damaged_image, jpeg) {
  const TemporaryFolder folder;
  for (const JpegKind kind : {JpegKind::colour, JpegKind::progressive, JpegKind::cmyk}) {
    write_jpeg(folder / "a.jpg", gradient(24, 24), kind, 80);
    damage_image(folder / "a.jpg");
  }
}

TEST(damaged_image, webp) {
  const TemporaryFolder folder;
  write_lossless_webp(folder / "a.webp", gradient(24, 24, false));
  damage_image(folder / "a.webp");
  write_lossy_webp(folder / "b.webp", gradient(24, 24, false), 60.0f);
  damage_image(folder / "b.webp");
}

TEST(damaged_image, exr) {
  const TemporaryFolder folder;
  ImageF image{24, 24, 3, {}};
  for (int i = 0; i < 24 * 24 * 3; ++i) image.values.push_back(static_cast<float>(i) / 2000.0f);
  save_exr(folder / "a.exr", image);
  damage_image(folder / "a.exr");
  std::vector<float> values(40 * 40);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 97) / 96.0f;
  const Channels channels = {{"R", values}, {"G", values}, {"B", values}, {"A", values}};
  for (const Imf::Compression compression :
       {Imf::NO_COMPRESSION, Imf::RLE_COMPRESSION, Imf::PIZ_COMPRESSION, Imf::PXR24_COMPRESSION,
        Imf::B44_COMPRESSION, Imf::DWAA_COMPRESSION}) {
    SCOPED_TRACE("compression " + std::to_string(compression));
    write_exr(folder / "a.exr",
              {window(40, 40), window(40, 40), compression, compression == Imf::RLE_COMPRESSION}, channels,
              Imf::HALF);
    damage_image(folder / "a.exr");
  }
}

TEST(damaged_image, npy) {
  const TemporaryFolder folder;
  save_npy(folder / "a.npy", {24, 24, 1, std::vector<float>(24 * 24, 0.5f)});
  Damage(folder / "a.npy").truncate_and_flip([&] { load_npy(folder / "a.npy"); });
}

}  // namespace
}  // namespace fg
