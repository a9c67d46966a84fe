#version 450
// The picture: a disc with a soft edge before stripes. picture() in main.cpp is the same on the host.
layout(local_size_x = 8, local_size_y = 8) in;
layout(binding = 0, rgba8) uniform writeonly image2D target;
layout(push_constant) uniform Disc {
  vec2 centre;  // pixels
  float radius;
};

void main() {
  const ivec2 at = ivec2(gl_GlobalInvocationID.xy);
  if (any(greaterThanEqual(at, imageSize(target)))) return;
  const float stripe = (at.x + at.y) / 24 % 2 == 0 ? 0.2 : 0.4;
  const float cover = clamp(radius - distance(vec2(at), centre), 0, 1);
  imageStore(target, at, vec4(mix(vec3(stripe, stripe, 0.5), vec3(1.0, 0.6, 0.1), cover), 1));
}
