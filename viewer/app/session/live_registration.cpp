#include "viewer/app/session/live_registration.h"

#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

namespace fg {

struct LiveRegistration::State {
  std::shared_ptr<const Volume> volume;
  Xray xray;
  RegisterOptions options;

  mutable std::mutex mutex;
  std::condition_variable changed;
  Look look;
  bool stop = false, again = false;
  std::thread thread;

  void run();
  void work();
  bool wait_for_work(Registration& registration);
  void report(const Registration& registration);
};

// False when it is time to end.
bool LiveRegistration::State::wait_for_work(Registration& registration) {
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return stop || again || !look.paused; });
  if (stop) return false;
  if (again) {
    again = false;
    look = {};
    look.camera_to_world = xray.geometry.camera_to_world;
    lock.unlock();
    registration.start_again();
  }
  return true;
}

void LiveRegistration::State::report(const Registration& registration) {
  const glm::dmat4 camera = registration.camera_to_world(0);
  const std::lock_guard lock(mutex);
  look.steps = registration.steps();
  look.stage = registration.stage();
  look.progress = registration.progress();
  look.metric = name_of(registration.metric());
  look.score = 1 - registration.best().loss;
  look.camera_to_world = camera;
}

void LiveRegistration::State::work() {
  const ComputeDevice device("auto");
  Registration registration(device, *volume, {xray}, options);
  volume = nullptr;
  while (!registration.done() && wait_for_work(registration)) {
    registration.step();
    report(registration);
  }
}

void LiveRegistration::State::run() {
  std::string failure;
  try {
    work();
  } catch (const std::exception& error) {
    failure = error.what();
  }
  const std::lock_guard lock(mutex);
  look.done = true;
  look.failure = failure;
}

LiveRegistration::LiveRegistration(std::shared_ptr<const Volume> volume, Xray xray,
                                   const RegisterOptions& options)
    : state_(std::make_unique<State>()) {
  check_xray(xray, "the X-ray");
  state_->volume = std::move(volume);
  state_->xray = std::move(xray);
  state_->options = options;
  state_->look.camera_to_world = state_->xray.geometry.camera_to_world;
  state_->thread = std::thread([state = state_.get()] { state->run(); });
}

LiveRegistration::~LiveRegistration() {
  end();
  state_->thread.join();
}

void LiveRegistration::end() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stop = true;
  }
  state_->changed.notify_all();
}

LiveRegistration::Look LiveRegistration::look() const {
  const std::lock_guard lock(state_->mutex);
  return state_->look;
}

void LiveRegistration::pause(bool paused) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->look.paused = paused;
  }
  state_->changed.notify_all();
}

void LiveRegistration::start_again() {
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->look.done) return;
    state_->again = true;
  }
  state_->changed.notify_all();
}

}  // namespace fg
