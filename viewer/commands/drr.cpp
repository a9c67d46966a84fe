// framegauge drr CT: a digitally reconstructed radiograph of a volume, as line integrals or as a picture.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>

#include "plugin/vk/commands.h"
#include "plugin/vk/error.h"
#include "viewer/app/tick/evaluator_host.h"
#include "viewer/commands/commands.h"
#include "viewer/commands/drr_camera_options.h"
#include "viewer/commands/drr_geometry_file.h"
#include "viewer/device/photons.h"
#include "viewer/error.h"
#include "viewer/io/image.h"
#include "viewer/io/lower_case.h"
#include "viewer/io/volume.h"
#include "viewer/render/drr_rays.h"
#include "viewer/render/live_drr.h"

namespace fg {
namespace {

struct DrrOptions {
  std::string volume, geometry_file, device, renderer = "vulkan";
  std::vector<std::string> outputs;
  DrrCameraOptions camera;
  std::optional<int> height, width, n_samples;
  bool orthographic = false;
  Attenuation attenuation;
  DrrDisplay display;
  std::optional<double> photons;
  std::uint64_t seed = 0;
  bool validation = false;
};

void check_outputs(const std::vector<std::string>& outputs) {
  for (const std::string& file : outputs)
    if (const std::string suffix = lower_ending(file);
        suffix != ".png" && suffix != ".npy" && suffix != ".exr")
      throw Failure(ExitCode::usage, file + ": expected an output that ends in .png, .npy or .exr");
}

// The file first, then what the options say otherwise. One option of the pose replaces a camera_to_world.
DrrGeometry geometry_of(const DrrOptions& o, const glm::dvec3& volume_centre_mm) {
  DrrGeometryFile file;
  if (!o.geometry_file.empty()) file = read_drr_geometry(o.geometry_file);
  DrrGeometry& g = file.geometry;
  o.camera.put_into(g);
  g.height = o.height.value_or(g.height);
  g.width = o.width.value_or(g.width);
  g.n_samples = o.n_samples.value_or(g.n_samples);
  g.orthographic |= o.orthographic;
  if (o.camera.has_pose() || !file.camera_to_world) {
    DrrPose pose = file.pose.value_or(DrrPose{});
    o.camera.put_into(pose);
    g.camera_to_world = camera_to_world(pose, volume_centre_mm);
  }
  return g;
}

void check_photons(const DrrOptions& o) {
  if (o.photons && !(std::isfinite(*o.photons) && *o.photons > 0))
    throw Failure(ExitCode::usage, fmt::format("--photons {}: expected a finite number above 0", *o.photons));
}

// GPU nanoseconds of what is recorded between begin and end; 0 where the queue has no timestamps.
class GpuTimer {
 public:
  explicit GpuTimer(const vk::OwnDevice& device) : device_(device) {
    std::uint32_t count = 0;
    device.GetPhysicalDeviceQueueFamilyProperties(device.physical, &count, nullptr);
    std::vector<VkQueueFamilyProperties> families(count);
    device.GetPhysicalDeviceQueueFamilyProperties(device.physical, &count, families.data());
    if (families.at(device.queue_family).timestampValidBits == 0) return;
    const VkQueryPoolCreateInfo info{.sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO,
                                     .queryType = VK_QUERY_TYPE_TIMESTAMP,
                                     .queryCount = 2};
    VkQueryPool pool;
    vk::check(device.CreateQueryPool(device.handle, &info, nullptr, &pool), "creating a timer");
    pool_ = vk::UniqueQueryPool(device, pool);
  }

  void begin(VkCommandBuffer cmd) const {
    if (!pool_) return;
    device_.CmdResetQueryPool(cmd, pool_.get(), 0, 2);
    device_.CmdWriteTimestamp(cmd, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, pool_.get(), 0);
  }
  void end(VkCommandBuffer cmd) const {
    if (pool_) device_.CmdWriteTimestamp(cmd, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, pool_.get(), 1);
  }
  double wait_for_milliseconds() const {
    if (!pool_) return 0;
    std::uint64_t ticks[2] = {};
    vk::check(device_.GetQueryPoolResults(device_.handle, pool_.get(), 0, 2, sizeof ticks, ticks,
                                          sizeof ticks[0], VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WAIT_BIT),
              "reading a timer");
    return static_cast<double>(ticks[1] - ticks[0]) * device_.properties.limits.timestampPeriod * 1e-6;
  }

 private:
  const vk::OwnDevice& device_;
  vk::UniqueQueryPool pool_;
};

vk::Image make_target(const vk::OwnDevice& device, const DrrGeometry& geometry, VkFormat format) {
  const std::uint32_t most = device.properties.limits.maxImageDimension2D;
  const auto width = static_cast<std::uint32_t>(geometry.width),
             height = static_cast<std::uint32_t>(geometry.height);
  if (width > most || height > most)
    throw Failure(ExitCode::usage,
                  fmt::format("the radiograph would have {} x {} pixels; {} takes at most {} a side", width,
                              height, device.properties.deviceName, most));
  vk::Image target(device, {.format = format, .extent = {width, height, 1}});
  vk::run_and_wait(device, [&](VkCommandBuffer cmd) {
    vk::change_layout(device, cmd, target.get(), VK_IMAGE_LAYOUT_UNDEFINED, VK_IMAGE_LAYOUT_GENERAL);
  });
  return target;
}

ImageF render_integrals(const vk::OwnDevice& device, LiveDrr& renderer, const DrrGeometry& geometry,
                        double& milliseconds) {
  const vk::Image target = make_target(device, geometry, VK_FORMAT_R32_SFLOAT);
  const GpuTimer timer(device);
  vk::run_and_wait(
      device,
      [&](VkCommandBuffer cmd) {
        timer.begin(cmd);
        renderer.record_integrals(cmd, target);
        timer.end(cmd);
      },
      [&](vk::Submission& submission) { renderer.join(submission); });
  const auto elsewhere = renderer.elsewhere();
  milliseconds = timer.wait_for_milliseconds() + (elsewhere ? elsewhere->milliseconds() : 0);
  const std::vector<std::byte> bytes = vk::download(device, target, sizeof(float), VK_IMAGE_LAYOUT_GENERAL);
  ImageF image{.width = geometry.width, .height = geometry.height, .channels = 1, .values = {}};
  image.values.resize(bytes.size() / sizeof(float));
  std::memcpy(image.values.data(), bytes.data(), bytes.size());
  return image;
}

Image8 render_grey(const vk::OwnDevice& device, LiveDrr& renderer, const DrrGeometry& geometry) {
  const vk::Image target = make_target(device, geometry, VK_FORMAT_R8G8B8A8_UNORM);
  vk::run_and_wait(
      device, [&](VkCommandBuffer cmd) { renderer.record(cmd, target); },
      [&](vk::Submission& submission) { renderer.join(submission); });
  const std::vector<std::byte> bytes = vk::download(device, target, 4, VK_IMAGE_LAYOUT_GENERAL);
  Image8 image{.width = geometry.width, .height = geometry.height, .rgba = {}};
  image.rgba.resize(bytes.size());
  std::memcpy(image.rgba.data(), bytes.data(), bytes.size());
  return image;
}

// The same from integrals that are no longer the renderer's.
Image8 windowed(const ImageF& integrals, const DrrDisplay& display) {
  const DrrWindow window = grey_of(display);
  Image8 image{.width = integrals.width, .height = integrals.height, .rgba = {}};
  image.rgba.reserve(integrals.values.size() * 4);
  for (const float value : integrals.values) {
    const auto grey =
        static_cast<std::uint8_t>(fg_drr_grey_code(value, window.grey_scale, window.grey_offset));
    image.rgba.insert(image.rgba.end(), {grey, grey, grey, 255});
  }
  return image;
}

void warn_of_air(const ImageF& integrals) {
  if (*std::max_element(integrals.values.begin(), integrals.values.end()) == 0)
    std::fprintf(
        stderr,
        "framegauge: every line integral is 0: no ray meets the volume, or it is all air; check the pose\n");
}

void print_summary(const vk::OwnDevice& device, const LiveDrr& renderer, const ImageF& integrals,
                   double milliseconds) {
  const auto [low, high] = std::minmax_element(integrals.values.begin(), integrals.values.end());
  double sum = 0;
  for (const float value : integrals.values) sum += value;
  std::printf("%d x %d pixels, line integrals %.4f to %.4f, mean %.4f, GPU %.2f ms (%s, %s)\n",
              integrals.width, integrals.height, *low, *high,
              sum / static_cast<double>(integrals.values.size()), milliseconds, renderer.name(),
              device.properties.deviceName);
  if (!renderer.passed_over().empty())
    std::fprintf(stderr, "framegauge: not by cuda: %s\n", renderer.passed_over().c_str());
}

int run(const DrrOptions& options) {
  check_outputs(options.outputs);
  const DrrBackend backend = drr_backend_named(options.renderer);
  check_photons(options);
  const auto volume = std::make_shared<const Volume>(load_volume(options.volume));
  for (const std::string& note : volume->notes) std::fprintf(stderr, "framegauge: %s\n", note.c_str());
  const DrrGeometry geometry = geometry_of(options, volume->centre_mm());

  const vk::OwnDevice device({.wanted_device = options.device,
                              .validation = options.validation,
                              .device_extensions = evaluator_extensions()});
  LiveDrr renderer(device, volume, options.attenuation,
                   LiveDrr::Options{.backend = backend, .frames_in_flight = 1});
  renderer.set_geometry(geometry);
  renderer.set_display(options.display);
  double milliseconds = 0;
  ImageF integrals = render_integrals(device, renderer, geometry, milliseconds);
  warn_of_air(integrals);
  if (options.photons)
    count_photons(integrals.values, integrals.height, integrals.width, *options.photons, options.seed);
  for (const std::string& file : options.outputs) {
    if (lower_ending(file) == ".png")
      save_png(file, options.photons ? windowed(integrals, options.display)
                                     : render_grey(device, renderer, geometry));
    else if (lower_ending(file) == ".exr")
      save_exr(file, integrals);
    else
      save_npy(file, integrals);
  }
  print_summary(device, renderer, integrals, milliseconds);
  if (!device.validation_messages().empty())
    throw Failure(ExitCode::internal, fmt::format("the Vulkan validation layer reported {} problems",
                                                  device.validation_messages().size()));
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
  c.add_option("--samples", o.n_samples, "Samples of a ray, source to detector (default 500)")
      ->group("Geometry");
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
  DrrDisplay& d = o.display;
  c.add_option("--window", d.window, "Line integrals from black to white in a PNG")
      ->capture_default_str()
      ->group("PNG");
  c.add_option("--level", d.level, "Line integral of middle grey in a PNG")
      ->capture_default_str()
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
  c.add_flag("--invert", d.inverted, "Bone dark, air bright, in a PNG")->group("PNG");
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
       ".npy: float32 line integrals, rows x columns; .exr: the same; .png: windowed grey; may be repeated")
      ->required()
      ->allow_extra_args(false);  // so that the volume may follow it
  c->add_option(
      "--geometry", options->geometry_file,
      "JSON object: sdd_mm, height, width, delx_mm, dely_mm, x0_mm, y0_mm, orthographic, n_samples, and "
      "camera_to_world (4 x 4) or orientation, rotation_deg_zxy, translation_mm, isocentre_mm_ras; "
      "options come before it");
  add_geometry_options(*c, *options);
  add_display_options(*c, *options);
  c->add_option("--drr-renderer", options->renderer, "vulkan, cuda, or auto: vulkan")->capture_default_str();
  c->add_option("--device", options->device, "Vulkan device: part of its name, or its index");
  c->add_flag("--validation", options->validation,
              "Run under the Vulkan validation layer; fail on any message");
  c->footer(
      "Examples:\n"
      "  framegauge drr ct.nii.gz --height 512 --width 512 --delx 0.8 --dely 0.8 -o ap.png\n"
      "  framegauge drr ct.nii.gz --orientation PA --rotation 10 0 0 -o pa.npy\n"
      "  framegauge drr ct.nii.gz --photons 20000 --seed 1 -o noisy.npy\n"
      "  framegauge drr dicom_folder --geometry carm.json -o integrals.exr");
  c->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace fg
