#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <glm/geometric.hpp>
#include <glm/vec3.hpp>

#include "plugin/vk/commands.h"
#include "viewer/app/session/dropped.h"
#include "viewer/app/session/session_state.h"
#include "viewer/app/view/navigation.h"
#include "viewer/error.h"

namespace fg {
namespace {

std::string file_name_of(const std::filesystem::path& file) {
  // "scenes/truck/" has an empty file name.
  const std::filesystem::path whole = std::filesystem::weakly_canonical(file);
  return whole.filename().string();
}

std::vector<float> integrals_of(const vk::OwnDevice& device, DrrSource& renderer,
                                const DrrGeometry& geometry) {
  renderer.set_geometry(geometry);
  const vk::Image target(device, {.format = VK_FORMAT_R32_SFLOAT,
                                  .extent = {static_cast<std::uint32_t>(geometry.width),
                                             static_cast<std::uint32_t>(geometry.height), 1}});
  vk::run_and_wait(
      device,
      [&](VkCommandBuffer cmd) {
        vk::change_layout(device, cmd, target.get(), VK_IMAGE_LAYOUT_UNDEFINED, VK_IMAGE_LAYOUT_GENERAL);
        renderer.record_integrals(cmd, target);
      },
      [&](vk::Submission& submission) { renderer.join(submission); });
  const std::vector<std::byte> bytes = vk::download(device, target, sizeof(float), VK_IMAGE_LAYOUT_GENERAL);
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

// The cameras' own ball, for a session without splats.
SplatScene::Bounds bounds_of(const std::vector<Camera>& cameras) {
  glm::dvec3 sum(0);
  for (const Camera& camera : cameras) sum += camera_position(camera.world_to_camera);
  const glm::dvec3 centre = sum / std::max(1.0, static_cast<double>(cameras.size()));
  double radius = 0;
  for (const Camera& camera : cameras)
    radius = std::max(radius, glm::distance(centre, camera_position(camera.world_to_camera)));
  return {glm::vec3(centre), static_cast<float>(radius > 0 ? radius : 1)};
}

std::string list_missing(const Dataset& dataset) {
  std::string sentence = std::to_string(dataset.missing.size()) + " of " +
                         std::to_string(dataset.cameras.size()) +
                         (dataset.missing.size() == 1 ? " photos is missing: " : " photos are missing: ");
  for (std::size_t i = 0; i < dataset.missing.size() && i < 5; ++i)
    sentence += (i ? ", " : "") + dataset.missing[i];
  return sentence + (dataset.missing.size() > 5 ? ", ..." : "");
}

}  // namespace

void Session::load(const ViewOptions& options) {
  if (!options.ct.empty()) {
    load_volume(options.ct, options.drr_geometry, options.attenuation);
    if (!options.xray.empty()) load_reference_image(options.xray);
    if (options.drr_display) state_->drr.display = *options.drr_display;
    return;
  }
  if (!options.scene.empty()) load_scene(options.scene);
  if (!options.reference_scene.empty()) load_reference_scene(options.reference_scene);
  if (!options.cameras.empty()) load_cameras(options.cameras, options.images);
  if (!options.reference_image.empty()) load_reference_image(options.reference_image);
  if (!options.camera.empty())
    snap(options.camera);
  else if (!cameras().empty())
    snap(0);
}

void Session::load_scene(const std::filesystem::path& file) {
  State& s = *state_;
  const SplatScene scene = load_splats(file);
  auto renderer = std::make_unique<GaussianRenderer>(s.device, scene);
  renderer->set_background(s.options.background);
  s.wait_for_gpu();
  if (s.content == Content::volume || s.xray) s.drop_picture();  // an X-ray is no reference for splats
  s.splats = std::move(renderer);
  s.drop_registration();
  s.radiograph = nullptr;
  s.volume = std::make_shared<Volume>();
  s.content = Content::splats;
  s.bounds = scene.bounds();
  s.splat_count = scene.size();
  s.title = file_name_of(file);
  s.scores.assign(s.scores.size(), std::nullopt);  // they were another scene's
  s.pending.clear();
  s.reference_is_new = true;
  s.use_picture_size();
  for (const std::string& note : scene.notes) s.notes.push_back(s.title + ": " + note);
}

void Session::load_reference_scene(const std::filesystem::path& file) {
  State& s = *state_;
  const SplatScene scene = load_splats(file);
  auto renderer = std::make_unique<GaussianRenderer>(s.device, scene);
  renderer->set_background(s.options.background);
  s.wait_for_gpu();
  s.tick->set_reference(nullptr);  // it may borrow the old one
  s.reference_splats = std::move(renderer);
  s.reference_scene_name = file_name_of(file);
  s.reference_is_new = true;
  for (const std::string& note : scene.notes) s.notes.push_back(s.reference_scene_name + ": " + note);
}

void Session::load_cameras(const std::filesystem::path& cameras, const std::filesystem::path& images) {
  State& s = *state_;
  Dataset dataset = load_dataset(cameras, images);
  if (dataset.cameras.empty())
    throw Failure(ExitCode::unreadable_input, cameras.string() + ": no camera was found in it");
  s.photos.reset(nullptr, 1, s.options.background);
  s.dataset = std::move(dataset);
  s.photos.reset(&s.dataset.cameras, std::max(1, s.options.downscale), s.options.background);
  s.cameras_path = cameras;
  s.scores.assign(s.dataset.cameras.size(), std::nullopt);
  s.pending.clear();
  s.snapped.reset();
  s.photo = nullptr;
  s.reference_is_new = true;
  if (s.content == Content::nothing) s.bounds = bounds_of(s.dataset.cameras);
  for (const std::string& note : s.dataset.notes) s.notes.push_back(note);
  if (!s.dataset.missing.empty()) s.notes.push_back(list_missing(s.dataset));
}

void Session::load_reference_image(const std::filesystem::path& file) {
  State& s = *state_;
  if (s.content == Content::volume || (s.content == Content::nothing && is_xray_alone(file)))
    s.set_xray(load_xray_reference(file), file);
  else
    s.set_picture(composite_over(load_image(file), s.options.background), file);
}

void Session::State::set_picture(Image8 image, const std::filesystem::path& file) {
  drop_registration();
  xray.reset();
  picture = std::move(image);
  picture_file = file;
  picture_name = file_name_of(file);
  reference_is_new = true;
  use_picture_size();
}

void Session::State::set_xray(XrayReference reference, const std::filesystem::path& file) {
  xray_shown_dark = drr.display.inverted;
  set_picture(picture_of(reference, xray_shown_dark), file);
  for (const std::string& note : reference.loaded.xray.notes) notes.push_back(picture_name + ": " + note);
  xray = std::move(reference);
  fit_detector();
}

// The pixels of the detector: as it was given, or an X-ray's. Where no file said how it was placed, DICOM tags may.
void Session::State::fit_detector() {
  DrrGeometry& g = drr.geometry;
  g.width = detector.width, g.height = detector.height;
  g.delx_mm = detector.delx_mm, g.dely_mm = detector.dely_mm;
  g.x0_mm = detector.x0_mm, g.y0_mm = detector.y0_mm;
  if (picture.empty()) return;
  if (drr.has_file_pose) {
    g = with_resolution(g, picture.width, picture.height);
    return;
  }
  const XrayTags tags = xray ? xray->loaded.tags : XrayTags{};
  // Square pixels, as many as the detector has room for, until somebody says what they are.
  const double pitch = std::min(g.width * g.delx_mm / picture.width, g.height * g.dely_mm / picture.height);
  g.width = picture.width, g.height = picture.height;
  g.delx_mm = tags.delx_mm.value_or(pitch);
  g.dely_mm = tags.dely_mm.value_or(g.delx_mm);
  if (content == Content::volume && !tags.delx_mm)
    notes.push_back(
        fmt::format("Nothing says how wide the pixels of {} are: taken as {:.3f} mm. Set 'pixel', or "
                    "give --geometry.",
                    picture_name, g.delx_mm));
  g.sdd_mm = tags.sdd_mm.value_or(g.sdd_mm);
  if (!tags.orientation && !tags.source_to_isocentre_mm) return;
  if (tags.orientation) drr.base = base_of(*tags.orientation);
  drr.reset_pose();
  drr.rotation_deg = tags.rotation_deg_zxy.value_or(glm::dvec3(0));
  if (tags.source_to_isocentre_mm) drr.translation_mm *= *tags.source_to_isocentre_mm / kStandardSourceMm;
}

void Session::State::drop_picture() {
  xray.reset();
  picture = {};
  picture_file.clear();
  picture_name.clear();
}

void Session::load_volume(const std::filesystem::path& file, const std::optional<DrrGeometry>& geometry,
                          const Attenuation& attenuation) {
  State& s = *state_;
  std::size_t nonfinite = 0;
  const auto volume = std::make_shared<const Volume>(fg::load_volume(file, &nonfinite));
  auto renderer = std::make_unique<LiveDrr>(
      s.device, volume, attenuation,
      LiveDrr::Options{.backend = s.options.drr_backend, .frames_in_flight = s.options.frames_in_flight});
  DrrView view;
  view.isocentre_mm = volume->centre_mm();
  if (geometry) {
    view.geometry = *geometry;
    view.base = DrrView::Base::file;
    view.has_file_pose = true;
  } else {
    view.geometry = with_resolution(view.geometry, 512, 512);
  }
  view.reset_pose();
  view.display = fitted_display(integrals_of(s.device, *renderer, view.posed()));
  std::optional<XrayReference> xray = s.xray;
  std::string no_xray;
  if (!s.picture.empty() && !xray) try {
      xray = load_xray_reference(s.picture_file);
    } catch (const Failure& failure) {
      no_xray = failure.what();
    }

  s.wait_for_gpu();
  s.drop_registration();
  s.radiograph = std::move(renderer);
  s.splats = nullptr;
  s.reference_splats = nullptr;
  s.tick->set_reference(nullptr);
  s.photos.reset(nullptr, 1, s.options.background);
  s.dataset = {};
  s.scores.clear();
  s.pending.clear();
  s.snapped.reset();
  s.photo = nullptr;
  s.volume = volume;
  s.content = Content::volume;
  s.title = file_name_of(file);
  s.detector = view.geometry;
  s.drr = view;
  if (!no_xray.empty()) {
    s.drop_picture();
    s.notes.push_back(no_xray);
  }
  if (xray) s.set_xray(std::move(*xray), std::filesystem::path(s.picture_file));
  s.reference_is_new = true;
  for (const std::string& note : volume->notes) s.notes.push_back(s.title + ": " + note);
  if (nonfinite)
    s.notes.push_back(s.title + ": " + std::to_string(nonfinite) +
                      " voxels were NaN or Inf and were taken as air");
}

std::string Session::load_dropped(const std::filesystem::path& file) {
  State& s = *state_;
  switch (kind_of(file)) {
    case DroppedKind::splats:
      load_scene(file);
      return "scene " + s.title;
    case DroppedKind::cameras: {
      // One file of a model stands for its folder.
      const bool part = file.extension() == ".bin" || file.extension() == ".txt";
      load_cameras(part ? file.parent_path() : file);
      snap(0);
      return std::to_string(s.dataset.cameras.size()) + " cameras of " + file_name_of(file);
    }
    case DroppedKind::photos:
      if (s.cameras_path.empty())
        throw Failure(ExitCode::usage,
                      file_name_of(file) + " is a folder of photos; drop the cameras that took them first");
      load_cameras(s.cameras_path, file);
      snap(0);
      return "photos of " + file_name_of(file);
    case DroppedKind::image:
      load_reference_image(file);
      return "reference " + s.picture_name;
    case DroppedKind::volume:
      load_volume(file);
      return "volume " + s.title;
    case DroppedKind::unknown:
      break;
  }
  throw Failure(ExitCode::unreadable_input,
                file.string() + ": not a .ply scene, cameras, a picture or a volume that this program reads");
}

void Session::clear_reference() {
  State& s = *state_;
  s.wait_for_gpu();
  s.drop_registration();
  s.tick->set_reference(nullptr);
  s.reference_splats = nullptr;
  s.drop_picture();
  s.reference_scene_name.clear();
  s.fit_detector();
  s.reference_is_new = true;
  s.use_picture_size();
}

bool Session::can_clear_reference() const { return state_->reference_splats || !state_->picture.empty(); }

Session::Content Session::content() const { return state_->content; }
const SplatScene::Bounds& Session::bounds() const { return state_->bounds; }
std::size_t Session::splat_count() const { return state_->splat_count; }
const std::string& Session::title() const { return state_->title; }
std::vector<std::string> Session::take_notes() { return std::exchange(state_->notes, {}); }
const std::vector<Camera>& Session::cameras() const { return state_->dataset.cameras; }
const std::vector<std::optional<CameraScore>>& Session::camera_scores() const { return state_->scores; }
const Volume& Session::volume() const { return *state_->volume; }

}  // namespace fg
