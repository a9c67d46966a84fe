// What an X-ray changes in a session: the reference, the detector, and the first pose of a DICOM file.

#include <gtest/gtest.h>

#include <utility>

#include "plugin/vk/commands.h"
#include "tests/viewer/app/session/session_on_device.h"
#include "tests/viewer/io/sample_images.h"
#include "tests/viewer/io/test_files.h"
#include "tests/viewer/register/sample_radiograph.h"

namespace fg {
namespace {

using test::dicom::element;

class session_xray : public test::SessionOnDevice {
 protected:
  std::filesystem::path png16() const {
    std::vector<std::uint16_t> codes;
    for (int i = 0; i < 40 * 30; ++i) codes.push_back(static_cast<std::uint16_t>(54 * i));
    write_png(folder / "x.png", 40, 30, {0, 16, false}, codes);
    return folder / "x.png";
  }
  // 40 x 30 pixels, brighter from the first to the last; bone is low.
  std::filesystem::path dicom(const std::string& tags) const {
    test::Radiograph radiograph;
    radiograph.photometric = "MONOCHROME1";
    radiograph.extra = tags;
    radiograph.width = 40, radiograph.height = 30;
    radiograph.pixels.clear();
    for (int i = 0; i < 40 * 30; ++i) radiograph.pixels.push_back(static_cast<std::uint16_t>(4000 - 3 * i));
    write_text(folder / "IM0001", radiograph.bytes());
    return folder / "IM0001";
  }
  // Codes of the reference after a tick: the first and the last pixel.
  std::pair<int, int> reference_ends() {
    vk::run_and_wait(*device_, [&](VkCommandBuffer cmd) { session_->tick(cmd); });
    const auto bytes = vk::download(*device_, session_->images().reference(), 4, VK_IMAGE_LAYOUT_GENERAL);
    return {static_cast<int>(bytes.front()), static_cast<int>(bytes[bytes.size() - 4])};
  }
  void load_phantom() { session_->load_volume(assets_ / "ct" / "phantom.nrrd"); }

  const TemporaryFolder folder;
};

TEST_F(session_xray, one_that_comes_before_its_CT_is_the_reference_when_the_CT_has_come) {
  session_->load_dropped(png16());
  load_phantom();
  EXPECT_EQ(session_->reference_name(), "x.png");
  EXPECT_EQ(session_->frame_size(), glm::ivec2(40, 30));
  EXPECT_EQ(reference_ends(), std::make_pair(0, 252));
  session_->start_registration({});  // throws without an X-ray
  session_->clear_reference();
  EXPECT_EQ(session_->frame_size(), glm::ivec2(512, 512));

  session_ = std::make_unique<Session>(*device_);
  EXPECT_EQ(session_->load_dropped(dicom("")), "reference IM0001");
  load_phantom();
  EXPECT_EQ(session_->reference_name(), "IM0001");
}

TEST_F(session_xray, dicom_brings_its_pixels_and_its_view_and_leaves_what_sliders_say) {
  load_phantom();
  session_->drr().geometry.n_samples = 77;
  session_->load_dropped(dicom(element(0x18, 0x1110, "DS", "1195.5") + element(0x18, 0x1111, "DS", "780") +
                               element(0x18, 0x1164, "DS", "0.25\\0.5") + element(0x18, 0x5101, "CS", "PA")));
  const DrrView& view = session_->drr();
  EXPECT_EQ(view.geometry.sdd_mm, 1195.5);
  EXPECT_EQ(view.geometry.dely_mm, 0.25);
  EXPECT_EQ(view.geometry.delx_mm, 0.5);
  EXPECT_EQ(view.geometry.n_samples, 77);
  EXPECT_EQ(view.base, DrrView::Base::pa);
  EXPECT_EQ(view.translation_mm, glm::dvec3(0, -780, 0));
}

TEST_F(session_xray, without_anybody_saying_how_wide_its_pixels_are_they_are_square_and_a_note_says_so) {
  load_phantom();  // 400 x 400 mm
  session_->load_dropped(png16());
  EXPECT_EQ(session_->drr().geometry.delx_mm, 10);
  EXPECT_EQ(session_->drr().geometry.dely_mm, 10);
  const std::vector<std::string> notes = session_->take_notes();
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_EQ(
      notes.front(),
      "Nothing says how wide the pixels of x.png are: taken as 10.000 mm. Set 'pixel', or give --geometry.");
}

TEST_F(session_xray, the_pose_of_a_geometry_file_comes_before_tags) {
  DrrGeometry geometry;
  geometry.width = 80, geometry.height = 60;
  session_->load_volume(assets_ / "ct" / "phantom.nrrd", geometry);
  session_->load_dropped(dicom(element(0x18, 0x1110, "DS", "1195.5") +
                               element(0x18, 0x1164, "DS", "0.25\\0.5") + element(0x18, 0x5101, "CS", "PA")));
  EXPECT_EQ(session_->drr().base, DrrView::Base::file);
  EXPECT_EQ(session_->drr().geometry.sdd_mm, 1020);
  EXPECT_EQ(session_->drr().geometry.delx_mm, 4) << "the detector's size on half as many pixels";
}

TEST_F(session_xray, the_picture_of_a_dicom_file_is_inverted_with_the_radiograph) {
  load_phantom();
  session_->load_dropped(dicom(""));
  const auto [first, last] = reference_ends();
  EXPECT_LT(first, 5);
  EXPECT_EQ(last, 255);
  session_->drr().display.inverted = true;
  EXPECT_EQ(reference_ends(), std::make_pair(255 - first, 0));
}

TEST_F(session_xray, a_picture_that_cannot_be_read_again_as_an_X_ray_is_dropped_with_a_note) {
  session_->load_dropped(png16());
  std::filesystem::remove(folder / "x.png");
  load_phantom();
  EXPECT_FALSE(session_->has_reference());
  const std::vector<std::string> notes = session_->take_notes();
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_NE(notes.front().find("x.png"), std::string::npos);
}

TEST_F(session_xray, splats_take_no_X_ray) {
  session_->load_dropped(dicom(""));
  session_->load_scene(assets_ / "scene" / "point_cloud.ply");
  EXPECT_FALSE(session_->has_reference());
  EXPECT_TRUE(contains(failure_of([&] { session_->load_dropped(dicom("")); }),
                       "is DICOM, which is read as an X-ray beside a CT"));
}

}  // namespace
}  // namespace fg
