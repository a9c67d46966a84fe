#ifndef FG_SHADERS_DRR_WINDOW_H
#define FG_SHADERS_DRR_WINDOW_H
// The push constants of window.comp, as C++ and GLSL see them: grey = integral * scale + offset, clamped to 0..1.

#if defined(__cplusplus)
namespace fg {
#endif

struct DrrWindow {
  float grey_scale, grey_offset;
};

#if defined(__cplusplus)
}  // namespace fg
#endif
#endif
