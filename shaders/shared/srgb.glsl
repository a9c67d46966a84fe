// Linear light of what a texture unit made of an sRGB code of 8 bits. Texture units decode coarsely (NVIDIA's and lavapipe
// are off by up to 4e-4), but never by half a code: the code is found again, and decoded by the curve of IEC 61966-2-1.
float decode_exactly(float decoded) {
  const float encoded = decoded <= 0.0031308 ? 12.92 * decoded : 1.055 * pow(decoded, 1.0 / 2.4) - 0.055;
  const float code = round(encoded * 255.0) / 255.0;
  return code <= 0.04045 ? code / 12.92 : pow((code + 0.055) / 1.055, 2.4);
}
