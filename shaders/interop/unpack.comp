#version 450
// Copies the map and the heatmap that a CUDA kernel has drawn into shared images to the evaluator's own. One invocation a
// pixel. (Two image copies do the same, but are slow on the graphics queues of NVIDIA's data-centre GPUs.)
#extension GL_GOOGLE_include_directive : require
#include "shaders/interop/pack.h"

layout(local_size_x = kFgPackThreads) in;
layout(binding = 0, r32f) uniform readonly image2D drawn_map;
layout(binding = 1, rgba8) uniform readonly image2D drawn_heatmap;
layout(binding = 2, r32f) uniform writeonly image2D map;
layout(binding = 3, rgba8) uniform writeonly image2D heatmap;

void main() {
  const ivec2 at = ivec2(gl_GlobalInvocationID.xy);
  if (any(greaterThanEqual(at, imageSize(map)))) return;
  imageStore(map, at, imageLoad(drawn_map, at));
  imageStore(heatmap, at, imageLoad(drawn_heatmap, at));
}
