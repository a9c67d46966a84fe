// The line integral of the attenuation along one pixel's ray; trilinear, zero outside, voxel centres at integers.

#include "drr/rays.h"

layout(push_constant) uniform Push { DrrRays rays; };
// 1/mm, with a border of zeros; slices are layers. Measured on 512 x 512 rays: two gathers of a slice's four texels
// take 138 ms on lavapipe and 175 us on an H200, eight fetches from a 3D image 375 ms and 380 us, eight loads from a
// buffer 270 ms and 146 us. The texture unit's own trilinear filter (130 us) weighs with 8-bit fractions: errors of 1e-3.
layout(set = 0, binding = 1) uniform sampler2DArray volume;

// Trilinear. The gathers aim at the corner that four texels share, so that no rounding picks other texels.
float attenuation(vec3 at, vec3 far_border, ivec3 last_base, vec2 texel) {
  const vec3 inside = clamp(at, vec3(0.0), far_border);  // on the border everything is zero, as it is outside
  const ivec3 base = min(ivec3(inside), last_base);
  const vec3 f = inside - vec3(base);
  const vec2 corner = vec2(base.xy + 1) * texel;
  const vec4 near = textureGather(volume, vec3(corner, float(base.z)));
  const vec4 far = textureGather(volume, vec3(corner, float(base.z + 1)));
  const vec4 columns = mix(near, far, f.z);  // (0, 1), (1, 1), (1, 0), (0, 0)
  return mix(mix(columns.w, columns.z, f.x), mix(columns.x, columns.y, f.x), f.y);
}

struct Ray {
  vec3 middle;  // texels, of sample rays.middle
  vec3 step;    // texels a sample
  float weight_mm;
};

Ray ray_of(ivec2 pixel, ivec2 size) {
  const vec2 at = vec2(pixel) + 0.5 - 0.5 * vec2(size);
  Ray ray;
  ray.middle = rays.middle_0.xyz + at.x * rays.middle_x.xyz + at.y * rays.middle_y.xyz;
  ray.step = rays.step_0.xyz + at.x * rays.step_x.xyz + at.y * rays.step_y.xyz;
  ray.weight_mm = length(vec3(rays.middle_0.w, rays.step_x.w + at.x * rays.middle_x.w,
                              rays.step_y.w + at.y * rays.middle_y.w));
  return ray;
}

// First and last sample that can lie inside the border, one to spare on either side: leaving the others out changes no
// bit, because each of them adds exactly zero. first > last: the ray misses.
ivec2 samples_inside(Ray ray, vec3 far_border) {
  float first = -1e9, last = 1e9;
  for (int axis = 0; axis < 3; ++axis) {
    if (ray.step[axis] == 0.0) {
      if (ray.middle[axis] < 0.0 || ray.middle[axis] > far_border[axis]) return ivec2(1, 0);
    } else {
      const float a = -ray.middle[axis] / ray.step[axis];
      const float b = (far_border[axis] - ray.middle[axis]) / ray.step[axis];
      first = max(first, min(a, b));
      last = min(last, max(a, b));
    }
  }
  if (first > last) return ivec2(1, 0);
  const float before = -float(rays.middle), after = float(rays.n_samples - 1 - rays.middle);
  return rays.middle + ivec2(int(clamp(floor(first) - 1.0, before, after + 1.0)),
                             int(clamp(ceil(last) + 1.0, before - 1.0, after)));
}

// The sum over samples first..last, in order.
float sum_samples(Ray ray, ivec2 range, vec3 far_border) {
  const ivec3 last_base = ivec3(far_border) - 1;
  const vec2 texel = 1.0 / (far_border.xy + 1.0);
  float sum = 0.0;
  for (int s = range.x; s <= range.y; ++s)
    sum += attenuation(fma(vec3(float(s - rays.middle)), ray.step, ray.middle), far_border, last_base, texel);
  return sum;
}
