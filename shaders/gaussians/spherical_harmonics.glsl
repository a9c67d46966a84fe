// View-dependent colour: real spherical harmonics with the Condon-Shortley phase, degree 0..3, as written by
// Ramamoorthi and Hanrahan 2001 and used by Kerbl et al. 2023. Needs `vec4 sh_words[]`, kShDegree and kShWords.
// Coefficients are interleaved [coefficient][rgb], padded to whole vec4: four coefficients in three words.

const int kShWords = kShDegree == 0 ? 1 : kShDegree == 1 ? 3 : kShDegree == 2 ? 7 : 12;

vec3 sh_colour(uint splat, vec3 direction) {
  const uint base = splat * kShWords;
  const float x = direction.x, y = direction.y, z = direction.z;
  vec4 a = sh_words[base];
  vec3 sum = 0.28209479177387814 * a.xyz;
  if (kShDegree >= 1) {
    const vec4 b = sh_words[base + 1], c = sh_words[base + 2];
    sum += 0.4886025119029199 * (z * vec3(b.zw, c.x) - y * vec3(a.w, b.xy) - x * c.yzw);
  }
  if (kShDegree >= 2) {
    const vec4 b = sh_words[base + 4], c = sh_words[base + 5];
    a = sh_words[base + 3];
    sum += 1.0925484305920792 * (x * y * a.xyz - y * z * vec3(a.w, b.xy)) +
           0.31539156525252005 * (2.0 * z * z - x * x - y * y) * vec3(b.zw, c.x) -
           1.0925484305920792 * x * z * c.yzw;
    a = sh_words[base + 6];
    sum += 0.5462742152960396 * (x * x - y * y) * a.xyz;
  }
  if (kShDegree >= 3) {
    vec4 b = sh_words[base + 7], c = sh_words[base + 8];
    const float xx = x * x, yy = y * y, zz = z * z;
    sum += -0.5900435899266435 * y * (3.0 * xx - yy) * vec3(a.w, b.xy) +
           2.890611442640554 * x * y * z * vec3(b.zw, c.x) -
           0.4570457994644658 * y * (4.0 * zz - xx - yy) * c.yzw;
    a = sh_words[base + 9];
    b = sh_words[base + 10];
    c = sh_words[base + 11];
    sum += 0.3731763325901154 * z * (2.0 * zz - 3.0 * xx - 3.0 * yy) * a.xyz -
           0.4570457994644658 * x * (4.0 * zz - xx - yy) * vec3(a.w, b.xy) +
           1.445305721320277 * z * (xx - yy) * vec3(b.zw, c.x) -
           0.5900435899266435 * x * (xx - 3.0 * yy) * c.yzw;
  }
  return max(sum + 0.5, vec3(0.0));
}
