#include "viewer/app/session/session.h"

#include "viewer/app/tick/evaluator_host.h"

#include <algorithm>

#include "viewer/app/session/session_state.h"
#include "viewer/error.h"
#include "viewer/report/near_names.h"

namespace fg {
namespace {

std::unique_ptr<Tick> make_tick(const vk::OwnDevice& device, FgExecutor executor,
                                std::uint32_t frames_in_flight) {
  return std::make_unique<Tick>(device,
                                TickOptions{.executor = executor, .frames_in_flight = frames_in_flight});
}

// The same view on an image of another shape: the whole of it stays visible.
Intrinsics fitted(const Intrinsics& from, int width, int height) {
  const double shrink =
      std::min(static_cast<double>(width) / from.width, static_cast<double>(height) / from.height);
  return {.width = width,
          .height = height,
          .fx = from.fx * shrink,
          .fy = from.fy * shrink,
          .cx = width / 2.0 + (from.cx - from.width / 2.0) * shrink,
          .cy = height / 2.0 + (from.cy - from.height / 2.0) * shrink};
}

}  // namespace

EmptySource::EmptySource(const vk::OwnDevice& device, const float background[3])
    : device_(device), color_{.float32 = {background[0], background[1], background[2], 1}} {}

void EmptySource::record(VkCommandBuffer cmd, const vk::Image& target) {
  const VkImageSubresourceRange range{VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1};
  device_.CmdClearColorImage(cmd, target.get(), VK_IMAGE_LAYOUT_GENERAL, &color_, 1, &range);
}

Session::State::State(const vk::OwnDevice& own_device, const SessionOptions& own_options)
    : device(own_device),
      options(own_options),
      empty(own_device, own_options.background),
      tick(make_tick(own_device, own_options.executor, own_options.frames_in_flight)) {}

Session::Session(const vk::OwnDevice& device, const SessionOptions& options)
    : state_(std::make_unique<State>(device, options)) {
  state_->tick->set_heatmap(state_->color_map, state_->worst, state_->best);
}

Session::~Session() { state_->wait_for_gpu(); }

// ---- what is seen ----

void Session::snap(std::size_t camera) {
  State& s = *state_;
  if (camera >= s.dataset.cameras.size())
    throw Failure(ExitCode::usage, "there is no camera number " + std::to_string(camera) + "; there are " +
                                       std::to_string(s.dataset.cameras.size()));
  const Camera& target = s.dataset.cameras[camera];
  s.photo = nullptr;
  s.photo_problem = target.photo.empty() ? target.name + " has no photo" : std::string();
  if (!target.photo.empty()) {
    try {
      s.photo = s.photos.get(camera);
    } catch (const Failure& failure) {
      s.photo_problem = "the photo of " + target.name + " cannot be read";
      s.notes.push_back(failure.what());
    }
    const std::size_t count = s.dataset.cameras.size();
    s.photos.prefetch((camera + 1) % count);
    s.photos.prefetch((camera + count - 1) % count);
  }
  s.snapped = camera;
  const Intrinsics& k = target.intrinsics;
  const int factor = std::max(1, s.options.downscale);
  s.free_intrinsics = s.photo ? s.photo->intrinsics
                              : scaled(k, (k.width + factor - 1) / factor, (k.height + factor - 1) / factor);
  s.world_to_camera = target.world_to_camera;
  s.reference_is_new = true;
  s.use_picture_size();
}

void Session::snap(const std::string& name) {
  const std::vector<Camera>& all = cameras();
  std::vector<std::size_t> partial;
  std::vector<std::string> names, containing;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].name == name || std::filesystem::path(all[i].name).stem() == name) return snap(i);
    names.push_back(all[i].name);
    if (all[i].name.find(name) == std::string::npos) continue;
    partial.push_back(i);
    containing.push_back(all[i].name);
  }
  if (partial.size() == 1) return snap(partial.front());
  if (all.empty())
    throw Failure(ExitCode::usage, "there is no camera '" + name + "'; name the cameras first");
  constexpr std::size_t kOffered = 5;
  if (!partial.empty())
    throw Failure(ExitCode::usage, "more than one camera's name contains '" + name +
                                       "': " + listed(containing, kOffered) + "; give more of it");
  throw Failure(ExitCode::usage, "no camera is named '" + name + "'; the nearest of " +
                                     std::to_string(names.size()) +
                                     " names: " + listed(near_names(name, names, kOffered), kOffered));
}

std::optional<std::size_t> Session::snapped() const { return state_->snapped; }

void Session::set_free_view(const Intrinsics& intrinsics, const glm::dmat4& world_to_camera) {
  State& s = *state_;
  if (s.snapped) {
    s.snapped.reset();
    s.photo = nullptr;
    s.reference_is_new = true;
  }
  s.free_intrinsics = intrinsics;
  s.world_to_camera = world_to_camera;
  s.use_picture_size();
}

void Session::State::use_picture_size() {
  intrinsics = picture.empty() ? free_intrinsics : fitted(free_intrinsics, picture.width, picture.height);
}

const Intrinsics& Session::intrinsics() const { return state_->intrinsics; }
const glm::dmat4& Session::world_to_camera() const { return state_->world_to_camera; }
glm::ivec2 Session::frame_size() const {
  const State& s = *state_;
  if (s.content == Content::volume) return {s.drr.geometry.width, s.drr.geometry.height};
  return {s.intrinsics.width, s.intrinsics.height};
}
DrrView& Session::drr() { return state_->drr; }
const DrrView& Session::drr() const { return state_->drr; }
std::string Session::drr_renderer() const { return state_->radiograph ? state_->radiograph->name() : ""; }
std::string Session::cuda_drr_passed_over() const {
  return state_->radiograph ? state_->radiograph->passed_over() : "";
}

// ---- the tick ----

Session::State::ReferenceKind Session::State::reference_kind() const {
  if (content == Content::nothing) return ReferenceKind::none;
  if (content == Content::splats && reference_splats) return ReferenceKind::scene;
  if (!picture.empty()) return ReferenceKind::picture;
  if (content == Content::splats && snapped && photo) return ReferenceKind::photo;
  return ReferenceKind::none;
}

FrameSource& Session::State::source() {
  if (content == Content::splats) return *splats;
  if (content == Content::volume) return *radiograph;
  return empty;
}

void Session::State::hand_over_reference() {
  switch (reference_kind()) {
    case ReferenceKind::none:
      tick->set_reference(nullptr);
      break;
    case ReferenceKind::scene:
      tick->set_reference(reference_splats.get());
      break;
    case ReferenceKind::photo:
      tick->set_reference(photo->image);
      break;
    case ReferenceKind::picture:
      tick->set_reference(picture);
      break;
  }
  reference_is_new = false;
}

void Session::State::apply_view() {
  int width = intrinsics.width, height = intrinsics.height;
  std::erase_if(ending, [](const auto& old) { return old->look().done; });
  if (content == Content::volume) {
    if (registration) follow_registration();
    if (xray && xray->loaded.bone_is_known && xray_shown_dark != drr.display.inverted) {
      xray_shown_dark = drr.display.inverted;
      picture = picture_of(*xray, xray_shown_dark);
      reference_is_new = true;
    }
    const DrrGeometry geometry = drr.posed();
    radiograph->set_geometry(geometry);
    radiograph->set_display(drr.display);
    width = geometry.width;
    height = geometry.height;
  } else if (content == Content::splats) {
    splats->set_view(intrinsics, world_to_camera);
    if (reference_splats) reference_splats->set_view(intrinsics, world_to_camera);
  }
  if (width != tick->width() || height != tick->height()) {
    tick->resize(width, height);
    reference_is_new = true;
  }
  if (reference_is_new) hand_over_reference();
}

std::uint64_t Session::tick(VkCommandBuffer cmd) {
  State& s = *state_;
  s.apply_view();
  const std::uint64_t number = s.tick->record(cmd, s.source());
  if (s.radiograph)
    if (std::string note = s.radiograph->take_note(); !note.empty()) s.notes.push_back(std::move(note));
  if (s.reference_kind() == State::ReferenceKind::photo) {
    s.pending.push_back({number, *s.snapped});
    if (s.pending.size() > 64) s.pending.pop_front();  // dropped ticks never come back
  }
  return number;
}

void Session::join(vk::Submission& submission) { state_->source().join(submission); }

std::optional<TickResult> Session::poll() {
  State& s = *state_;
  std::optional<TickResult> result = s.tick->poll();
  if (!result) return result;
  while (!s.pending.empty() && s.pending.front().tick < result->scores.frame_number) s.pending.pop_front();
  if (!s.pending.empty() && s.pending.front().tick == result->scores.frame_number) {
    s.scores[s.pending.front().camera] = {result->scores.ssim, result->scores.psnr, result->scores.mae};
    s.pending.pop_front();
  }
  return result;
}

bool Session::complete() const {
  for (const auto* renderer : {state_->splats.get(), state_->reference_splats.get()})
    if (renderer && renderer->counters().incomplete) return false;
  return true;
}

bool Session::out_of_room() const {
  for (const auto* renderer : {state_->splats.get(), state_->reference_splats.get()})
    if (renderer && renderer->counters().no_more_room) return true;
  return false;
}

bool Session::has_reference() const { return state_->reference_kind() != State::ReferenceKind::none; }

std::string Session::reference_name() const {
  const State& s = *state_;
  switch (s.reference_kind()) {
    case State::ReferenceKind::scene:
      return s.reference_scene_name;
    case State::ReferenceKind::picture:
      return s.picture_name;
    case State::ReferenceKind::photo:
      return s.dataset.cameras[*s.snapped].name;
    default:
      return {};
  }
}

std::string Session::no_reference_because() const {
  const State& s = *state_;
  if (has_reference()) return {};
  if (s.content == Content::nothing) return "Nothing is loaded: drop a .ply scene or a CT volume here.";
  if (s.content == Content::volume) return "No reference: drop an X-ray image here.";
  if (s.snapped) return "No reference: " + s.photo_problem + ".";
  if (s.dataset.cameras.empty()) return "No reference: drop cameras with photos, or a picture, here.";
  return "No reference in a free view: Left and Right snap to a photo's camera.";
}

void Session::set_heatmap(FgColorMap color_map, float worst, float best) {
  State& s = *state_;
  if (s.color_map == color_map && s.worst == worst && s.best == best) return;
  s.color_map = color_map;
  s.worst = worst;
  s.best = best;
  s.tick->set_heatmap(color_map, worst, best);
}

void Session::set_executor(FgExecutor executor) {
  State& s = *state_;
  s.wait_for_gpu();
  auto other = make_tick(s.device, executor, s.options.frames_in_flight);  // may throw: the old one stays
  other->set_heatmap(s.color_map, s.worst, s.best);
  s.tick = std::move(other);
  s.pending.clear();
  s.reference_is_new = true;
}

FgExecutor Session::executor() const { return state_->tick->executor(); }

std::vector<FgExecutorSupport> Session::executors() const {
  const FgEvaluatorInfo info = evaluator_info(state_->device);
  std::uint32_t count = 8;
  std::vector<FgExecutorSupport> support(count);
  if (fg_evaluator_executors(&info, support.data(), &count) != FG_STATUS_OK) count = 0;
  support.resize(std::min<std::size_t>(count, support.size()));
  return support;
}

const Tick& Session::images() const { return *state_->tick; }
const vk::OwnDevice& Session::device() const { return state_->device; }

}  // namespace fg
