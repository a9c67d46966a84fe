// The line integral of the attenuation along one pixel's ray; trilinear, zero outside, voxel centres at integers.

#include "drr/rays.h"

layout(push_constant) uniform Push { DrrRays rays; };
layout(set = 0, binding = 1) uniform texture3D volume;  // 1/mm, with a border of zeros

// Trilinear by hand: texture units weigh with 8-bit fractions, which shows in the fourth digit.
float attenuation(vec3 at, vec3 far_border, ivec3 last_base) {
  const vec3 inside = clamp(at, vec3(0.0), far_border);  // on the border everything is zero, as it is outside
  const ivec3 base = min(ivec3(inside), last_base);
  const vec3 f = inside - vec3(base);
  const float v000 = texelFetch(volume, base, 0).r;
  const float v100 = texelFetch(volume, base + ivec3(1, 0, 0), 0).r;
  const float v010 = texelFetch(volume, base + ivec3(0, 1, 0), 0).r;
  const float v110 = texelFetch(volume, base + ivec3(1, 1, 0), 0).r;
  const float v001 = texelFetch(volume, base + ivec3(0, 0, 1), 0).r;
  const float v101 = texelFetch(volume, base + ivec3(1, 0, 1), 0).r;
  const float v011 = texelFetch(volume, base + ivec3(0, 1, 1), 0).r;
  const float v111 = texelFetch(volume, base + ivec3(1, 1, 1), 0).r;
  const float near = mix(mix(v000, v100, f.x), mix(v010, v110, f.x), f.y);
  const float far = mix(mix(v001, v101, f.x), mix(v011, v111, f.x), f.y);
  return mix(near, far, f.z);
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
  float sum = 0.0;
  for (int s = range.x; s <= range.y; ++s)
    sum += attenuation(fma(vec3(float(s - rays.middle)), ray.step, ray.middle), far_border, last_base);
  return sum;
}
