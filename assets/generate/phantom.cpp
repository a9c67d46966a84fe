// generate_phantom FOLDER: writes phantom.nrrd (a thorax in HU), phantom_xray.png (a radiograph of it) and
// phantom_xray.json (the radiograph's geometry as planned; the patient lay a little differently). The same
// bytes every run.

#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "assets/generate/phantom_volume.h"
#include "assets/generate/phantom_xray.h"

namespace phantom {
namespace {

namespace fs = std::filesystem;

void write_file(const fs::path& file, const std::string& bytes) {
  std::ofstream stream(file, std::ios::binary);
  stream << bytes;
  if (!stream.flush()) throw std::runtime_error("cannot write " + file.string());
  std::printf("%s: %zu bytes\n", file.string().c_str(), bytes.size());
}

// window_bits 15: zlib, as PNG wants it; 31: gzip, as NRRD wants it (zlib leaves the time in its header 0).
std::string deflated(const std::string& bytes, int window_bits) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, window_bits, 9, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::runtime_error("zlib does not start");
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (result != Z_STREAM_END) throw std::runtime_error("zlib failed");
  return out;
}

// https://teem.sourceforge.net/nrrd/format.html
std::string nrrd(const std::vector<std::int16_t>& hu) {
  std::string voxels;
  for (const std::int16_t value : hu) {
    const auto bits = static_cast<std::uint16_t>(value);
    voxels += static_cast<char>(bits & 0xff);
    voxels += static_cast<char>(bits >> 8);
  }
  char header[600];
  std::snprintf(
      header, sizeof header,
      "NRRD0004\n"
      "# Thorax phantom of ellipsoids and tubes, Hounsfield units; made by assets/generate/phantom.cpp\n"
      "type: int16\ndimension: 3\nspace: left-posterior-superior\nsizes: %d %d %d\n"
      "space directions: (%g,0,0) (0,%g,0) (0,0,%g)\nkinds: domain domain domain\nendian: little\n"
      "encoding: gzip\nspace origin: (%g,%g,%g)\n\n",
      Grid::kExtent[0], Grid::kExtent[1], Grid::kExtent[2], Grid::kSpacing, Grid::kSpacing, Grid::kSpacing,
      Grid::first(0), Grid::first(1), Grid::first(2));
  return header + deflated(voxels, 31);
}

std::string big_endian(std::uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
          static_cast<char>(value)};
}

std::string png_chunk(const std::string& name, const std::string& data) {
  const std::string body = name + data;
  const uLong check = crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
  return big_endian(static_cast<std::uint32_t>(data.size())) + body +
         big_endian(static_cast<std::uint32_t>(check));
}

// 8-bit grey; each row as differences from its left neighbours (filter 1).
std::string png(const std::vector<std::uint8_t>& grey, int size) {
  std::string rows;
  for (int y = 0; y < size; ++y) {
    rows += '\1';
    std::uint8_t left = 0;
    for (int x = 0; x < size; ++x) {
      const std::uint8_t value = grey[static_cast<std::size_t>(y * size + x)];
      rows += static_cast<char>(value - left);
      left = value;
    }
  }
  const auto side = static_cast<std::uint32_t>(size);
  const std::string header = big_endian(side) + big_endian(side) + std::string("\x08\0\0\0\0", 5);
  return "\x89PNG\r\n\x1a\n" + png_chunk("IHDR", header) + png_chunk("IDAT", deflated(rows, 15)) +
         png_chunk("IEND", "");
}

// Grey 0..255 over the line integrals from nothing to the value that 99.8 % of the pixels stay below.
std::vector<std::uint8_t> as_grey(const std::vector<double>& integrals, double& top) {
  std::vector<double> sorted = integrals;
  std::sort(sorted.begin(), sorted.end());
  top =
      std::ceil(100 * sorted[static_cast<std::size_t>(0.998 * static_cast<double>(sorted.size() - 1))]) / 100;
  std::vector<std::uint8_t> grey;
  for (const double value : integrals)
    grey.push_back(static_cast<std::uint8_t>(std::lround(std::clamp(value / top, 0.0, 1.0) * 255)));
  return grey;
}

std::string number(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.10g", value == 0 ? 0.0 : value);
  return text;
}

std::string json(const XrayGeometry& planned, const XrayGeometry& real, double window) {
  const std::vector<double> matrix = camera_to_world(planned);
  std::string rows;
  for (std::size_t row = 0; row < 4; ++row) {
    rows += row ? ",\n    [" : "\n    [";
    for (std::size_t column = 0; column < 4; ++column)
      rows += (column ? ", " : "") + number(matrix[4 * row + column]);
    rows += "]";
  }
  const auto three = [](const double* v) {
    return "[" + number(v[0]) + ", " + number(v[1]) + ", " + number(v[2]) + "]";
  };
  const double translation[3] = {real.shift_mm[0], real.source_mm + real.shift_mm[1], real.shift_mm[2]};
  return "{\n  \"sdd_mm\": " + number(planned.sdd_mm) + ",\n  \"height\": " + std::to_string(planned.size) +
         ",\n  \"width\": " + std::to_string(planned.size) + ",\n  \"delx_mm\": " + number(planned.pitch_mm) +
         ",\n  \"dely_mm\": " + number(planned.pitch_mm) +
         ",\n  \"x0_mm\": 0,\n  \"y0_mm\": 0,\n  \"orthographic\": false,\n  \"n_samples\": 500,\n"
         "  \"camera_to_world\": [" +
         rows +
         "\n  ],\n"
         "  \"taken_with\": {\n    \"orientation\": \"AP\",\n    \"rotation_deg_zxy\": " +
         three(real.rotation_deg_zxy) + ",\n    \"translation_mm\": " + three(translation) +
         ",\n    \"window\": " + number(window) + ",\n    \"level\": " + number(window / 2) + "\n  }\n}\n";
}

void generate(const fs::path& folder) {
  fs::create_directories(folder);
  const std::vector<std::int16_t> hu = make_thorax();
  const XrayGeometry planned;
  XrayGeometry real;
  const double rotation[3] = {2.5, -1.5, 1}, shift[3] = {5, -6, -7};
  std::copy(rotation, rotation + 3, real.rotation_deg_zxy);
  std::copy(shift, shift + 3, real.shift_mm);
  double window = 0;
  const std::vector<std::uint8_t> grey = as_grey(as_detected(line_integrals(hu, real), real.size), window);
  write_file(folder / "phantom.nrrd", nrrd(hu));
  write_file(folder / "phantom_xray.png", png(grey, real.size));
  write_file(folder / "phantom_xray.json", json(planned, real, window));
}

}  // namespace
}  // namespace phantom

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: generate_phantom FOLDER (in this repository: assets/ct)\n");
    return 2;
  }
  try {
    phantom::generate(argv[1]);
    return 0;
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "generate_phantom: %s\n", problem.what());
    return 5;
  }
}
