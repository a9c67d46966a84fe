#version 460
#extension GL_GOOGLE_include_directive : require
// One thread a splat: to the image plane (Zwicker et al. 2002, EWA splatting; Kerbl et al. 2023, section 4), its
// colour, its depth key and the number of tiles that it touches.
#include "gaussians/layout.h"

layout(local_size_x = 256) in;
layout(constant_id = 0) const int kShDegree = 3;
layout(push_constant) uniform Push { View view; };
layout(binding = 0) readonly buffer Positions { vec4 positions[]; };  // of the chunk: xyz world, opacity 0..1
layout(binding = 1) readonly buffer Rotations { vec4 rotations[]; };  // unit quaternion x y z w, local to world
layout(binding = 2) readonly buffer Scales { vec4 scales[]; };        // standard deviations, world; w unused
layout(binding = 3) readonly buffer Harmonics { vec4 sh_words[]; };
// Of the scene:
layout(binding = 4) writeonly buffer DepthKeys { uvec2 depth_keys[]; };   // key, splat
layout(binding = 5) writeonly buffer Ellipses { vec4 ellipses[]; };       // two a splat, see blend.comp
layout(binding = 6) writeonly buffer Blues { float blues[]; };
layout(binding = 7) writeonly buffer Shapes { vec4 shapes[]; };           // see coverage.glsl
layout(binding = 8) writeonly buffer TileCounts { uint tile_counts[]; };  // only of splats that are not culled

#include "gaussians/coverage.glsl"
#include "gaussians/spherical_harmonics.glsl"

// gsplat's near plane, in scene units: the scale of a COLMAP scene is arbitrary, and INRIA's 0.2 cuts content out of
// small ones.
const float kNear = 0.01;
const float kDilation = 0.3;     // px^2, added to the variance in x and y
const float kAlphaCut = 1.0 / 255.0;
const float kLog2E = 1.4426950408889634;

mat3 rotation_matrix(vec4 q) {  // columns: the splat's axes in the world
  const vec3 v = q.xyz;
  return mat3(1.0 - 2.0 * (v.y * v.y + v.z * v.z), 2.0 * (v.x * v.y + q.w * v.z), 2.0 * (v.x * v.z - q.w * v.y),
              2.0 * (v.x * v.y - q.w * v.z), 1.0 - 2.0 * (v.x * v.x + v.z * v.z), 2.0 * (v.y * v.z + q.w * v.x),
              2.0 * (v.x * v.z + q.w * v.y), 2.0 * (v.y * v.z - q.w * v.x), 1.0 - 2.0 * (v.x * v.x + v.y * v.y));
}

// False where the splat touches no pixel; otherwise everything but the colour is written.
bool project(uint local, uint splat) {
  const vec4 position = positions[local];
  const float opacity = position.w;
  const vec3 row_x = vec3(view.world_to_camera[0], view.world_to_camera[1], view.world_to_camera[2]);
  const vec3 row_y = vec3(view.world_to_camera[4], view.world_to_camera[5], view.world_to_camera[6]);
  const vec3 row_z = vec3(view.world_to_camera[8], view.world_to_camera[9], view.world_to_camera[10]);
  const float z = dot(row_z, position.xyz) + view.world_to_camera[11];
  if (!(z > kNear && opacity >= kAlphaCut)) return false;
  const float x = dot(row_x, position.xyz) + view.world_to_camera[3];
  const float y = dot(row_y, position.xyz) + view.world_to_camera[7];
  const float inv_z = 1.0 / z;
  const vec2 mean = vec2(view.fx * x, view.fy * y) * inv_z + vec2(view.cx, view.cy);

  // The local affine approximation of the projection grows without bound to the sides of the view, so its slope is
  // taken at most 0.3 half-widths outside the image (INRIA: 1.3 tan(fov/2), the same where cx is the middle).
  const vec2 size = vec2(view.width, view.height);
  const vec2 focal = vec2(view.fx, view.fy), centre = vec2(view.cx, view.cy);
  const vec2 slope = clamp(vec2(x, y) * inv_z, (-0.15 * size - centre) / focal, (1.15 * size - centre) / focal);

  // J W R S, two rows of three; the 2D covariance is its product with its own transpose.
  const vec3 jacobian_x = view.fx * inv_z * (row_x - slope.x * row_z);
  const vec3 jacobian_y = view.fy * inv_z * (row_y - slope.y * row_z);
  const mat3 axes = rotation_matrix(rotations[local]);
  const vec3 scale = scales[local].xyz;
  const vec3 u = (jacobian_x * axes) * scale;
  const vec3 v = (jacobian_y * axes) * scale;
  const float uu = dot(u, u), uv = dot(u, v), vv = dot(v, v);
  const float xx = uu + kDilation, yy = vv + kDilation;
  // Lagrange's identity: uu vv - uv^2 = |u x v|^2, which unlike the left side does not cancel for thin splats; so the
  // determinant is positive whatever the rounding.
  const vec3 normal = cross(u, v);
  const float determinant = dot(normal, normal) + kDilation * (uu + vv) + kDilation * kDilation;
  if (!(determinant < 1e37 && xx < 1e18 && yy < 1e18)) return false;  // NaN, Inf: an absurd scale

  // Level set alpha = 1/255: d^T covariance^-1 d = level.
  const float log2_opacity = log2(opacity);
  const float level = 2.0 / kLog2E * (log2_opacity + 7.994353436858858);  // 2 ln(255 opacity) >= 0
  const vec4 shape = vec4(sqrt(max(level, 1e-6) * vec2(xx, yy)), uv / yy, sqrt(max(level, 1e-6) * determinant / yy));
  const ivec2 image = ivec2(view.width, view.height);
  const ivec2 rows = tile_rows(mean, shape, image);
  uint tiles = 0;
  for (int row = rows.x; row < rows.y; ++row) {
    const ivec2 range = tiles_of_row(mean, shape, row, image);
    tiles += uint(range.y - range.x);
  }
  if (tiles == 0) return false;

  const vec3 conic = vec3(0.5 * yy, -uv, 0.5 * xx) * (kLog2E / determinant);
  ellipses[2 * splat] = vec4(mean, conic.xy);
  const vec3 colour = sh_colour(local, normalize(position.xyz - vec3(view.eye[0], view.eye[1], view.eye[2])));
  ellipses[2 * splat + 1] = vec4(conic.z, log2_opacity, colour.rg);
  blues[splat] = colour.b;
  shapes[splat] = shape;
  tile_counts[splat] = tiles;
  depth_keys[splat] = uvec2(floatBitsToUint(z), splat);  // z > 0: the bits grow with the depth
  return true;
}

void main() {
  const uint local = gl_GlobalInvocationID.x;
  if (local >= view.count) return;
  const uint splat = view.first + local;
  if (!project(local, splat)) depth_keys[splat] = uvec2(kCulled, splat);
}
