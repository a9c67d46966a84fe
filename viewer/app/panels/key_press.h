#pragma once

namespace fg {

// One press of a key. Collected from events and not from key states: at a few frames a second a key goes down
// and up between two frames.
struct KeyPress {
  int key = 0;  // GLFW_KEY_*
  bool repeated = false, shift = false, control = false;
};

}  // namespace fg
