#pragma once
// A registration that goes on beside the window: a thread takes the steps, whoever draws asks where it is.

#include <glm/mat4x4.hpp>
#include <memory>
#include <string>

#include "viewer/register/registration.h"

namespace fg {

class LiveRegistration {
 public:
  struct Look {
    bool paused = false;
    bool done = false;    // nothing goes on any more: it is there, has failed, or was asked to end
    std::string failure;  // one sentence
    std::string stage = "search";
    int steps = 0;
    double progress = 0;              // 0..1
    std::string metric;               // of the score
    double score = 0;                 // of the best pose, at the resolution of the stage: 1 where it fits
    glm::dmat4 camera_to_world{1.0};  // of the best pose so far; before the first step, that of the start
  };

  // Begins at the X-ray's camera_to_world. Throws Failure where the X-ray makes no sense.
  LiveRegistration(std::shared_ptr<const Volume> volume, Xray xray, const RegisterOptions& options);
  ~LiveRegistration();  // waits for the step that is under way

  // From any thread.
  Look look() const;
  void pause(bool paused);
  void start_again();  // while it goes on
  void end();          // after the step that is under way; waits for nothing

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fg
