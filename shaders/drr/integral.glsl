// What both passes share: which pixel, which part of its ray, and the sum over the parts.
// 8 x 8 pixels a workgroup, and kParts invocations a pixel, each with a stretch of the ray: a small image has too few
// rays to fill a GPU (200 x 200 on an H200: 66 us with one part, 45 with four; 1024 x 1024 the same with either).

#include "drr/march.glsl"

layout(local_size_x = 8, local_size_y = 8, local_size_z_id = 0) in;
layout(constant_id = 0) const uint kParts = 1;

shared float part_sums[64 * kParts];  // 1 KB at 4 parts

// The line integral of this invocation's pixel; every invocation of the workgroup must call it.
float line_integral(ivec2 pixel, ivec2 size) {
  const vec3 far_border = vec3(textureSize(volume, 0) - 1);
  const Ray ray = ray_of(pixel, size);
  ivec2 range = samples_inside(ray, far_border);
  if (kParts == 1) return sum_samples(ray, range, far_border) * ray.weight_mm;

  const int part = int(gl_LocalInvocationID.z);
  const int stretch = (range.y - range.x + int(kParts)) / int(kParts);
  range = ivec2(range.x + part * stretch, min(range.x + (part + 1) * stretch - 1, range.y));
  part_sums[gl_LocalInvocationIndex] = sum_samples(ray, range, far_border);
  barrier();
  float sum = 0.0;
  for (uint n = 0; n < kParts; ++n)  // in the ray's order: the same bits every run
    sum += part_sums[n * 64 + gl_LocalInvocationIndex % 64];
  return sum * ray.weight_mm;
}
