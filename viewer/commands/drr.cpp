// framegauge drr CT: a digitally reconstructed radiograph of a volume, as numbers or as a picture.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>

#include "plugin/vk/error.h"
#include "viewer/commands/commands.h"
#include "viewer/commands/drr_by_vulkan.h"
#include "viewer/commands/drr_camera_options.h"
#include "viewer/commands/drr_geometry_file.h"
#include "viewer/commands/drr_label_map.h"
#include "viewer/commands/drr_output.h"
#include "viewer/commands/drr_ray_options.h"
#include "viewer/device/photons.h"
#include "viewer/device/status.h"
#include "viewer/error.h"
#include "viewer/io/volume.h"
#include "viewer/render/drr_geometry_json.h"
#include "viewer/render/drr_rays.h"
#include "viewer/render/drr_volume.h"
#include "viewer/render/kernel_drr.h"
#include "viewer/report/json_file.h"

namespace fg {
namespace {

struct DrrOptions {
  std::string volume, geometry_file, json;
  std::vector<std::string> outputs;
  DrrCameraOptions camera;
  std::optional<int> height, width;
  bool orthographic = false;
  DrrRayOptions rays;
  DrrPlaceOptions place;
  Attenuation attenuation;
  std::optional<double> window, level;
  bool inverted = false;
  std::optional<double> photons;
  std::uint64_t seed = 0;
};

// The file first, then what the options say otherwise. One option of the pose replaces a camera_to_world.
DrrGeometry geometry_of(const DrrOptions& o, const glm::dvec3& volume_centre_mm) {
  DrrGeometryFile file;
  if (!o.geometry_file.empty()) file = read_drr_geometry(o.geometry_file);
  DrrGeometry& g = file.geometry;
  o.camera.put_into(g);
  g.height = o.height.value_or(g.height);
  g.width = o.width.value_or(g.width);
  g.orthographic |= o.orthographic;
  if (o.camera.has_pose() || !file.camera_to_world) {
    DrrPose pose = file.pose.value_or(DrrPose{});
    o.camera.put_into(pose);
    g.camera_to_world = camera_to_world(pose, volume_centre_mm);
  }
  return g;
}

// Everything that can be said before the volume is read.
void check_options(const DrrOptions& o) {
  check_drr_outputs(o.outputs);
  if (!o.rays.labels.empty() && o.rays.label_map.empty())
    throw Failure(ExitCode::usage, "--labels " + o.rays.labels +
                                       " is of a label map, and none is given; give --label-map FILE too");
  if (!o.photons) return;
  if (!(std::isfinite(*o.photons) && *o.photons > 0))
    throw Failure(ExitCode::usage, fmt::format("--photons {}: expected a finite number above 0", *o.photons));
  const char* const other = o.rays.mip ? "--mip" : o.rays.label_map.empty() ? nullptr : "--label-map";
  if (other != nullptr)
    throw Failure(
        ExitCode::usage,
        fmt::format("--photons is of line integrals through the whole volume, which is what a detector "
                    "counts; leave out {}, or --photons",
                    other));
}

// Of a maximum, white is bone.
DrrDisplay display_of(const DrrOptions& o) {
  DrrDisplay display;
  if (o.rays.mip) display = {.window = o.attenuation.mu_bone, .level = 0.5 * o.attenuation.mu_bone};
  display.window = o.window.value_or(display.window);
  display.level = o.level.value_or(display.level);
  display.inverted = o.inverted;
  check_display(display);
  return display;
}

// What was rendered, by whom, and how long it took.
struct Rendered {
  DrrImages images;
  const char* renderer = "vulkan";
  std::string device;
  double milliseconds = 0;  // of the GPU alone where Vulkan renders, else until the images are in host memory
};

ComputeDevice open_kernels(const std::string& device) {
  try {
    return ComputeDevice(device);
  } catch (const Failure& failure) {
    if (failure.code != ExitCode::internal) throw;
    throw Failure(ExitCode::internal, std::string("radiographs cannot be rendered by CUDA here: ") +
                                          failure.what() + "; choose auto, cpu or vulkan");
  }
}

Rendered by_kernels(const ComputeDevice& device, const DrrOptions& o, const Volume& volume,
                    const DrrGeometry& geometry, const DrrWalk& walk, const DrrLabelMap* labels) {
  Rendered rendered;
  rendered.renderer = device.dlpack().device_type == kDLCUDA ? "cuda" : "cpu";
  rendered.device = device.name();
  rendered.images = {
      geometry.height, geometry.width, labels ? labels->channels : std::vector<std::int16_t>{}, {}};
  const auto begin = std::chrono::steady_clock::now();
  try {
    rendered.images.values = kernel_drr(device, volume, o.attenuation, geometry, walk, labels);
  } catch (const OutOfMemory& failure) {
    if (device.dlpack().device_type != kDLCUDA) throw;
    throw Failure(failure.code, std::string(failure.what()) + "; give --device cpu");
  }
  rendered.milliseconds =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
  return rendered;
}

Rendered by_vulkan(const vk::OwnDevice& device, const DrrOptions& o, const Volume& volume,
                   const DrrGeometry& geometry) {
  VulkanDrr drr = vulkan_drr(device, volume, o.attenuation, geometry);
  if (!device.validation_messages().empty())
    throw Failure(ExitCode::internal, fmt::format("the Vulkan validation layer reported {} problems",
                                                  device.validation_messages().size()));
  return {.images = {geometry.height, geometry.width, {}, std::move(drr.integrals)},
          .device = device.properties.deviceName,
          .milliseconds = drr.gpu_milliseconds};
}

// null: there is none, and the kernels will do.
std::unique_ptr<const vk::OwnDevice> open_vulkan(const DrrOptions& o, const DrrPlace& place) {
  try {
    return std::make_unique<const vk::OwnDevice>(
        vk::OwnDeviceInfo{.wanted_device = place.device, .validation = o.place.validation});
  } catch (const vk::Error& error) {
    if (!place.or_kernels) throw;
    std::fprintf(stderr, "framegauge: not by Vulkan: %s\n", error.what());
    return nullptr;
  }
}

Rendered render(const DrrOptions& o, const DrrPlace& place, const Volume& volume, const DrrGeometry& geometry,
                const DrrWalk& walk, const DrrLabelMap* labels) {
  if (place.vulkan)
    if (const auto device = open_vulkan(o, place)) return by_vulkan(*device, o, volume, geometry);
  return by_kernels(open_kernels(place.vulkan ? "auto" : place.device), o, volume, geometry, walk, labels);
}

void require_finite(const std::vector<float>& values) {
  const auto others =
      std::count_if(values.begin(), values.end(), [](float value) { return !std::isfinite(value); });
  if (others > 0)
    throw Failure(ExitCode::usage,
                  fmt::format("{} of {} pixels are no finite numbers: the geometry, the pose "
                              "or the attenuation is absurdly large; they are in mm, and mu "
                              "in 1/mm",
                              others, values.size()));
}

void warn_of_air(const std::vector<float>& values) {
  if (*std::max_element(values.begin(), values.end()) == 0)
    std::fprintf(
        stderr,
        "framegauge: every pixel is 0: no ray meets the volume or the labels, its samples lie farther apart "
        "than that is deep, or all is air; check the pose\n");
}

// "siddon", "500 samples", "a sample every 0.5 mm", "100 samples inside the volume"
std::string text_of(const DrrWalk& walk) {
  if (walk.method == FG_DRR_SIDDON) return "siddon";
  if (walk.sampling == FG_DRR_SAMPLES_BY_STEP) return fmt::format("a sample every {:g} mm", walk.step_mm);
  return fmt::format("{} samples{}", walk.samples,
                     walk.sampling == FG_DRR_SAMPLES_INSIDE ? " inside the volume" : "");
}

void print_summary(const Rendered& rendered, const DrrWalk& walk) {
  const DrrImages& images = rendered.images;
  const char* const what = walk.reduction == FG_DRR_MAXIMUM ? "largest attenuations" : "line integrals";
  const auto range = [&](std::size_t channel) {
    const DrrStatistics s = statistics_of(images, channel);
    return fmt::format("{} {:.4f} to {:.4f}, mean {:.4f}", what, s.low, s.high, s.mean);
  };
  const bool vulkan = std::string_view(rendered.renderer) == "vulkan";
  std::printf(
      "%d x %d pixels, %s, %s, %s%.2f ms (%s, %s)\n", images.width, images.height,
      images.labels.empty() ? range(0).c_str() : fmt::format("{} labels", images.labels.size()).c_str(),
      text_of(walk).c_str(), vulkan ? "GPU " : "", rendered.milliseconds, rendered.renderer,
      rendered.device.c_str());
  for (std::size_t c = 0; c < images.labels.size(); ++c)
    std::printf("channel %zu, label %d: %s\n", c, images.labels[c], range(c).c_str());
}

nlohmann::ordered_json summary_json(const DrrOptions& o, const Rendered& rendered,
                                    const DrrGeometry& geometry, const DrrWalk& walk,
                                    const std::vector<std::filesystem::path>& files) {
  nlohmann::ordered_json json;
  json["schema"] = "framegauge-drr-1";
  json["volume"] = o.volume;
  json["renderer"] = rendered.renderer;
  json["device"] = rendered.device;
  json["milliseconds"] = rendered.milliseconds;
  json["method"] = walk.method == FG_DRR_SIDDON ? "siddon" : "trilinear";
  json["reduction"] = walk.reduction == FG_DRR_MAXIMUM ? "maximum" : "sum";
  if (walk.method == FG_DRR_TRILINEAR) {
    if (walk.sampling == FG_DRR_SAMPLES_BY_STEP)
      json["step_mm"] = walk.step_mm;
    else
      json[walk.sampling == FG_DRR_SAMPLES_INSIDE ? "samples_inside" : "samples"] = walk.samples;
  }
  json["geometry"] = drr_geometry_json(geometry);
  for (std::size_t c = 0; c < rendered.images.channels(); ++c) {
    const DrrStatistics s = statistics_of(rendered.images, c);
    nlohmann::ordered_json channel;
    if (!rendered.images.labels.empty()) channel["label"] = rendered.images.labels[c];
    channel["min"] = s.low;
    channel["max"] = s.high;
    channel["mean"] = s.mean;
    json["channels"].push_back(channel);
  }
  for (const std::filesystem::path& file : files) json["files"].push_back(file.string());
  return json;
}

int run(const DrrOptions& o) {
  check_options(o);
  const DrrDisplay display = display_of(o);
  DrrWalk walk = walk_of(o.rays);
  const std::vector<std::int16_t> wanted = labels_named(o.rays.labels);
  const DrrPlace place = place_of(o.place, o.rays);
  const Volume volume = load_volume(o.volume);
  std::vector<std::string> notes = volume.notes;
  DrrGeometry geometry = geometry_of(o, volume.centre_mm());
  if (o.rays.samples) geometry.n_samples = *o.rays.samples;
  if (walk.sampling == FG_DRR_SAMPLES_ON_SEGMENT) walk.samples = geometry.n_samples;
  std::optional<DrrLabelMap> labels;
  if (!o.rays.label_map.empty())
    labels = load_label_map({.map = o.rays.label_map, .ct = o.volume}, volume, wanted, notes);
  for (const std::string& note : notes) std::fprintf(stderr, "framegauge: %s\n", note.c_str());

  Rendered rendered = render(o, place, volume, geometry, walk, labels ? &*labels : nullptr);
  DrrImages& images = rendered.images;
  require_finite(images.values);
  warn_of_air(images.values);
  if (o.photons) count_photons(images.values, images.height, images.width, *o.photons, o.seed);
  std::vector<std::filesystem::path> files;
  for (const std::string& output : o.outputs)
    for (const std::filesystem::path& file : save_drr(output, images, display)) files.push_back(file);
  if (!o.json.empty()) write_json(o.json, summary_json(o, rendered, geometry, walk, files));
  if (o.json != "-") print_summary(rendered, walk);
  return static_cast<int>(ExitCode::pass);
}

void add_geometry_options(CLI::App& c, DrrOptions& o) {
  add_drr_camera_options(c, o.camera,
                         {.sdd = "1020",
                          .pixels = "2",
                          .pose = "",
                          .orientation = "; it and the other options of the pose replace that of the file"});
  c.add_option("--height", o.height, "Rows (default 200)")->group("Geometry");
  c.add_option("--width", o.width, "Columns (default 200)")->group("Geometry");
  c.add_flag("--orthographic", o.orthographic, "Parallel rays")->group("Geometry");
}

void add_display_options(CLI::App& c, DrrOptions& o) {
  Attenuation& a = o.attenuation;
  c.add_option("--mu-water", a.mu_water, "Attenuation of water, 1/mm")
      ->capture_default_str()
      ->group("Attenuation");
  c.add_option("--mu-bone", a.mu_bone, "Attenuation of bone, 1/mm")
      ->capture_default_str()
      ->group("Attenuation");
  c.add_option("--hu-bone", a.hu_bone, "HU that has the attenuation of bone")
      ->capture_default_str()
      ->group("Attenuation");
  c.add_option("--window", o.window,
               "Line integrals from black to white in a PNG, of all labels alike (default 6); of --mip, 1/mm "
               "(default --mu-bone)")
      ->group("PNG");
  c.add_option("--level", o.level, "What is middle grey in a PNG (default 3, of --mip half of --mu-bone)")
      ->group("PNG");
  CLI::Option* photons =
      c.add_option("--photons", o.photons,
                   "Quantum noise: how many photons reach a pixel through air. All outputs are then the line "
                   "integrals -ln(count / photons) of counts drawn from Poisson's distribution; a pixel that "
                   "counts none counts half of one")
          ->group("Noise");
  c.add_option("--seed", o.seed, "Of the noise: the same seed draws the same counts (default 0)")
      ->needs(photons)
      ->group("Noise");
  c.add_flag("--invert", o.inverted, "Bone dark, air bright, in a PNG")->group("PNG");
}

}  // namespace

void add_drr(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<DrrOptions>();
  CLI::App* c = app.add_subcommand("drr", "Render a radiograph of a CT");
  c->add_option("volume", options->volume,
                "NIfTI, NRRD, MetaImage, a DICOM file or folder, or a JSON header of raw voxels, in HU")
      ->required();
  c->add_option(
       "-o,--output", options->outputs,
       ".npy: float32 line integrals, rows x columns; .exr: the same; .png: windowed grey; may be repeated. "
       "With --label-map .npy holds labels x rows x columns, and .exr and .png become a file for each label, "
       "drr.png for instance drr_label75.png")
      ->required()
      ->allow_extra_args(false);  // so that the volume may follow it
  c->add_option(
      "--geometry", options->geometry_file,
      "JSON object: sdd_mm, height, width, delx_mm, dely_mm, x0_mm, y0_mm, orthographic, n_samples, and "
      "camera_to_world (4 x 4) or orientation, rotation_deg_zxy, translation_mm, isocentre_mm_ras; "
      "options come before it");
  add_geometry_options(*c, *options);
  add_drr_ray_options(*c, options->rays);
  add_display_options(*c, *options);
  c->add_option(
       "--drr-renderer", options->place.renderer,
       "vulkan: line integrals by --samples, without labels; cpu or cuda: the kernels, which do all, what is "
       "marked [kernels] too; auto: vulkan for what it does where there is a Vulkan device, else the "
       "kernels, on CUDA device 0 where there is one")
      ->type_name("TEXT:{auto,vulkan,cuda,cpu}")
      ->capture_default_str();
  c->add_option(
      "--device", options->place.device,
      "cpu, cuda or cuda:N: the kernels there; or the Vulkan device: part of its name, or its index");
  c->add_flag("--validation", options->place.validation,
              "Run under the Vulkan validation layer; fail on any message");
  c->add_option(
      "--json", options->json,
      "Write renderer, sampling, geometry, labels and statistics of the channels, and the files, as "
      "JSON to a file, or - for standard output");
  c->footer(
      "Examples:\n"
      "  framegauge drr ct.nii.gz --height 512 --width 512 --delx 0.8 --dely 0.8 -o ap.png\n"
      "  framegauge drr ct.nii.gz --orientation PA --rotation 10 0 0 -o pa.npy\n"
      "  framegauge drr ct.nii.gz --photons 20000 --seed 1 -o noisy.npy\n"
      "  framegauge drr ct.nii.gz --method siddon -o exact.npy\n"
      "  framegauge drr ct.nii.gz --step 0.5 --label-map seg.nii.gz --labels 75,77 -o bones.npy -o "
      "bones.png\n"
      "  framegauge drr dicom_folder --geometry carm.json -o integrals.exr");
  c->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace fg
