// Registration in a session: the view follows it until a hand moves the view.

#include "viewer/app/session/session_state.h"
#include "viewer/error.h"

namespace fg {
namespace {

// But for the samples, which registration takes its own way.
bool same_camera(DrrGeometry a, const DrrGeometry& b) {
  a.n_samples = b.n_samples;
  return a == b;
}

}  // namespace

void Session::start_registration(const RegisterOptions& options) {
  State& s = *state_;
  if (s.content != Content::volume) throw Failure(ExitCode::usage, "there is no CT to register; load one");
  if (!s.xray) throw Failure(ExitCode::usage, "there is no X-ray to register to; drop one here");
  const DrrGeometry geometry = s.drr.posed();
  auto next = std::make_unique<LiveRegistration>(
      s.volume, xray_to_register(*s.xray, geometry, s.drr.display.inverted), options);
  s.end_registration();
  s.registration = std::move(next);
  s.before_registration = s.drr;
  s.followed = geometry;
}

void Session::State::end_registration() {
  if (!registration) return;
  registration->end();
  ending.push_back(std::move(registration));
}

void Session::stop_registration() { state_->end_registration(); }

void Session::undo_registration() {
  State& s = *state_;
  s.end_registration();
  if (!s.before_registration) return;
  s.drr.base = s.before_registration->base;
  s.drr.rotation_deg = s.before_registration->rotation_deg;
  s.drr.translation_mm = s.before_registration->translation_mm;
  s.before_registration.reset();
}

bool Session::can_undo_registration() const { return state_->before_registration.has_value(); }
LiveRegistration* Session::registration() { return state_->registration.get(); }

void Session::State::follow_registration() {
  const LiveRegistration::Look look = registration->look();
  if (!look.failure.empty()) {
    notes.push_back("Registration: " + look.failure);
    end_registration();
    return;
  }
  if (!same_camera(drr.posed(), followed)) {
    if (!look.done) notes.push_back("The radiograph was moved by hand; the registration has stopped.");
    end_registration();
    return;
  }
  drr.set_pose(look.camera_to_world);
  followed = drr.posed();
}

}  // namespace fg
