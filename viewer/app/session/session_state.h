#pragma once
// Inside of Session, shared by its two source files: session.cpp (what is seen) and session_load.cpp (what is
// loaded).

#include <deque>
#include <glm/matrix.hpp>

#include "viewer/app/session/photo_cache.h"
#include "viewer/app/session/session.h"
#include "viewer/app/session/xray_reference.h"

namespace fg {

// Shown while nothing is loaded.
class EmptySource final : public FrameSource {
 public:
  EmptySource(const vk::OwnDevice& device, const float background[3]);
  void record(VkCommandBuffer cmd, const vk::Image& target) override;

 private:
  const vk::OwnDevice& device_;
  VkClearColorValue color_;
};

struct Session::State {
  State(const vk::OwnDevice& own_device, const SessionOptions& own_options);

  enum class ReferenceKind { none, photo, picture, scene };

  const vk::OwnDevice& device;
  const SessionOptions options;
  EmptySource empty;

  // What is loaded.
  Content content = Content::nothing;
  std::string title;
  std::unique_ptr<GaussianRenderer> splats;
  std::unique_ptr<GaussianRenderer> reference_splats;
  std::unique_ptr<LiveDrr> radiograph;
  SplatScene::Bounds bounds{{0, 0, 0}, 1};
  std::size_t splat_count = 0;
  std::shared_ptr<const Volume> volume = std::make_shared<Volume>();
  DrrView drr;
  DrrGeometry detector;  // as given, before a picture changed its resolution
  std::unique_ptr<LiveRegistration> registration;
  std::vector<std::unique_ptr<LiveRegistration>> ending;  // whose last step is still under way
  std::optional<DrrView> before_registration;
  DrrGeometry followed;  // where the registration has moved the view last
  Dataset dataset;
  std::filesystem::path cameras_path;
  std::vector<std::optional<CameraScore>> scores;
  Image8 picture;  // fixed reference; empty: none
  std::filesystem::path picture_file;
  std::string picture_name, reference_scene_name;
  std::optional<XrayReference> xray;  // what the picture shows: of a CT, and of files that only X-rays have
  bool xray_shown_dark = false;       // bone, in the picture
  std::vector<std::string> notes;

  // From where it is seen.
  std::optional<std::size_t> snapped;
  std::shared_ptr<const GroundTruth> photo;  // of the snapped camera; null without one
  std::string photo_problem;                 // why there is none
  Intrinsics intrinsics{.width = 640, .height = 480, .fx = 500, .fy = 500, .cx = 320, .cy = 240};
  Intrinsics free_intrinsics = intrinsics;  // before they were fitted to a picture
  glm::dmat4 world_to_camera{1.0};
  PhotoCache photos;  // after dataset: its readers borrow the cameras

  // What is measured.
  std::unique_ptr<Tick> tick;
  bool reference_is_new = true;  // to be handed to the tick
  struct Pending {
    std::uint64_t tick;
    std::size_t camera;
  };
  std::deque<Pending> pending;  // ticks of snapped cameras against their photos, not measured yet
  FgColorMap color_map = FG_COLOR_MAP_TURBO;
  float worst = 0, best = 1;

  ReferenceKind reference_kind() const;
  FrameSource& source();
  void use_picture_size();
  void set_picture(Image8 image, const std::filesystem::path& file);
  void set_xray(XrayReference reference, const std::filesystem::path& file);
  void drop_picture();
  void fit_detector();
  void hand_over_reference();
  void end_registration();    // waits for nothing
  void drop_registration() {  // with what it would be undone to
    end_registration();
    before_registration.reset();
  }
  void follow_registration();
  void apply_view();
  void wait_for_gpu() const { device.DeviceWaitIdle(device.handle); }
};

}  // namespace fg
