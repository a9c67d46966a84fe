// framegauge register CT XRAY...: the pose from which X-rays of a CT's patient were taken.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>

#include "viewer/commands/commands.h"
#include "viewer/commands/drr_camera_options.h"
#include "viewer/commands/drr_geometry_file.h"
#include "viewer/error.h"
#include "viewer/io/animation.h"
#include "viewer/io/volume.h"
#include "viewer/register/load_xray.h"
#include "viewer/register/pictures.h"
#include "viewer/register/pose_file.h"
#include "viewer/register/registration.h"
#include "viewer/render/drr_rays.h"
#include "viewer/report/interrupt.h"
#include "viewer/report/json_file.h"
#include "viewer/report/progress.h"

namespace fg {
namespace {

namespace fs = std::filesystem;

struct RegisterCommand {
  std::string volume, output = "registration", device = "auto", json;
  std::vector<std::string> xrays, geometries, masks;
  DrrCameraOptions camera;
  std::optional<double> i0;
  std::string values = "auto", bone = "auto", metric, optimizer = "auto";
  std::vector<double> search = {20, 40};
  RegisterOptions options;
  bool no_film = false, quiet = false;
};

void say(const std::string& file, const std::vector<std::string>& notes) {
  for (const std::string& note : notes)
    std::fprintf(stderr, "framegauge: %s: %s\n", file.c_str(), note.c_str());
}

void check_counts(const RegisterCommand& c) {
  const std::size_t views = c.xrays.size();
  const auto check = [&](const char* option, std::size_t given) {
    if (given > 1 && given != views)
      throw Failure(ExitCode::usage,
                    fmt::format("{} is given {} times for {} X-rays; give it once for each, in their "
                                "order",
                                option, given, views));
  };
  check("--geometry", c.geometries.size());
  check("--mask", c.masks.size());
  if (views > 1 && c.geometries.size() != views)
    throw Failure(ExitCode::usage,
                  fmt::format("{} X-rays need {} geometries: give --geometry once for each, in their "
                              "order",
                              views, views));
  if (c.masks.size() == 1 && views > 1)
    throw Failure(ExitCode::usage,
                  "--mask is given once for several X-rays; give it once for each, in their order");
}

// Tags of the X-ray first, then what the file says, then the options.
DrrGeometry geometry_of(const RegisterCommand& c, std::size_t view, const LoadedXray& loaded,
                        const glm::dvec3& volume_centre_mm) {
  const std::string& name = c.xrays[view];
  const std::string file_name = c.geometries.empty() ? "" : c.geometries[view];
  DrrGeometryFile file;
  if (!file_name.empty()) file = read_drr_geometry(file_name);
  const XrayTags& tags = loaded.tags;
  DrrGeometry& g = file.geometry;
  if (file.has_size && (g.width != loaded.xray.width || g.height != loaded.xray.height))
    throw Failure(ExitCode::size_mismatch,
                  fmt::format("{} has {} x {} pixels, its geometry {} says {} x {}; they must be alike", name,
                              loaded.xray.width, loaded.xray.height, file_name, g.width, g.height));
  const auto choose = [&](std::optional<double> option, bool in_file, std::optional<double> tag,
                          double& value, const char* what) {
    if (option)
      value = *option;
    else if (in_file)
      return;
    else if (tag)
      value = *tag;
    else if (what != nullptr)
      throw Failure(
          ExitCode::usage,
          fmt::format(
              "{}: nothing says how {} its pixels are; give --geometry FILE, or --delx and --dely in mm",
              name, what));
  };
  choose(c.camera.delx_mm, file.has_delx, tags.delx_mm, g.delx_mm, "wide");
  choose(c.camera.dely_mm, file.has_dely, tags.dely_mm, g.dely_mm, "high");
  choose(c.camera.sdd_mm, file.has_sdd, tags.sdd_mm, g.sdd_mm, nullptr);
  choose(c.camera.x0_mm, true, {}, g.x0_mm, nullptr);
  choose(c.camera.y0_mm, true, {}, g.y0_mm, nullptr);
  g.width = loaded.xray.width;
  g.height = loaded.xray.height;
  if (file.camera_to_world && !c.camera.has_pose()) return g;
  DrrPose pose = file.pose.value_or(DrrPose{});
  if (!file.pose) {
    pose.orientation = tags.orientation.value_or(DrrOrientation::ap);
    pose.rotation_deg_zxy = tags.rotation_deg_zxy.value_or(glm::dvec3(0));
  }
  c.camera.put_into(pose);
  if (!pose.translation_mm && tags.source_to_isocentre_mm)
    pose.translation_mm = drr_standard_translation_mm(pose.orientation, *tags.source_to_isocentre_mm);
  g.camera_to_world = camera_to_world(pose, volume_centre_mm);
  return g;
}

std::vector<Xray> load_views(const RegisterCommand& c, const glm::dvec3& volume_centre_mm) {
  if (c.i0 && !(std::isfinite(*c.i0) && *c.i0 > 0))
    throw Failure(ExitCode::usage, fmt::format("--i0 {}: expected a finite number above 0", *c.i0));
  const XrayReading reading{xray_values_named(c.values), xray_bone_named(c.bone), c.i0};
  std::vector<Xray> views;
  for (std::size_t v = 0; v < c.xrays.size(); ++v) {
    LoadedXray loaded = load_xray(c.xrays[v], reading);
    loaded.xray.geometry = geometry_of(c, v, loaded, volume_centre_mm);
    if (const std::string problem = why_no_pose(loaded.xray.geometry.camera_to_world); !problem.empty())
      throw Failure(ExitCode::usage, c.xrays[v] + ": " + problem);
    if (c.masks.empty()) {
      mask_blades(loaded.xray, loaded.tags);
    } else {
      const std::vector<float> mask = load_mask(c.masks[v], loaded.xray.width, loaded.xray.height);
      if (loaded.xray.mask.empty()) loaded.xray.mask.assign(mask.size(), 1.0f);
      for (std::size_t i = 0; i < mask.size(); ++i) loaded.xray.mask[i] *= mask[i];
    }
    check_xray(loaded.xray, c.xrays[v]);
    say(c.xrays[v], loaded.xray.notes);
    views.push_back(std::move(loaded.xray));
  }
  return views;
}

struct Descended {
  double seconds = 0;
  int interrupted = 0;  // exit code; 0: it came to its end
};

Descended descend(Registration& registration) {
  Descended result;
  InterruptGuard interrupt;
  Progress progress("registering", 100);
  int percent = 0;
  const auto begin = std::chrono::steady_clock::now();
  while (!registration.done() && !interrupt.requested()) {
    registration.step();
    for (; percent < static_cast<int>(100 * registration.progress()); ++percent)
      progress.advance(fmt::format("{}, loss {:.5f}", registration.stage(), registration.best().loss));
  }
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (interrupt.requested()) result.interrupted = interrupt.exit_code();
  return result;
}

nlohmann::ordered_json summary_json(const RegisterCommand& c, Registration& registration,
                                    const Descended& descended, const ComputeDevice& device) {
  nlohmann::ordered_json json;
  json["schema"] = "framegauge-register-1";
  json["volume"] = c.volume;
  json["metric"] = name_of(registration.metric());
  json["loss"] = json_number(registration.best().loss);
  json["correlation"] = registration.coarse_score(registration.best().motion);  // at the coarsest level
  json["steps"] = registration.steps();
  json["seconds"] = descended.seconds;
  json["finished"] = descended.interrupted == 0;
  json["device"] = device.name();
  for (std::size_t v = 0; v < c.xrays.size(); ++v)
    json["views"].push_back(pose_json(registration, v, c.xrays[v]));
  return json;
}

// One view: pose.json; several: pose_1.json, ...
void write_results(const RegisterCommand& c, Registration& registration,
                   const nlohmann::ordered_json& summary) {
  const fs::path folder = c.output;
  const auto& poses = summary.at("views");
  for (std::size_t v = 0; v < poses.size(); ++v)
    write_json(folder / (poses.size() == 1 ? "pose.json" : fmt::format("pose_{}.json", v + 1)), poses[v]);
  write_json(folder / "register.json", summary);
  const std::vector<RegisterPoint> trajectory = registration.trajectory();
  write_text(folder / "trajectory.csv", trajectory_csv(trajectory));
  save_png(folder / "loss.png", draw_losses(trajectory, registration.levels()));
  save_png(folder / "overlay.png",
           draw_views(registration, registration.best().motion,
                      fmt::format("correlation {:.4f}: X-ray, radiograph, both (X-ray red, radiograph cyan)",
                                  summary.at("correlation").get<double>())));
  constexpr int kFrames = 60;
  if (!c.no_film) save_animation(folder / "descent.webp", draw_descent(registration, kFrames));
}

void print_summary(const RegisterCommand& c, const nlohmann::ordered_json& summary, double loss) {
  if (c.json == "-") return;
  if (c.quiet) {
    std::printf("%.6f\n", loss);
    return;
  }
  std::printf("loss %.5f (%s), correlation %.4f, after %d steps in %.1f s (%s)\n", loss,
              summary.at("metric").get<std::string>().c_str(), summary.at("correlation").get<double>(),
              summary.at("steps").get<int>(), summary.at("seconds").get<double>(),
              summary.at("device").get<std::string>().c_str());
  for (const auto& view : summary.at("views")) {
    const auto numbers = [&](const char* key) {
      return fmt::format("{:.3f} {:.3f} {:.3f}", view.at(key)[0].get<double>(), view.at(key)[1].get<double>(),
                         view.at(key)[2].get<double>());
    };
    const auto& moved = view.at("moved_from_first_pose");
    std::printf(
        "%s: %s, rotation ZXY %s degrees, translation %s mm; %.1f mm of rotation and %.1f mm of translation "
        "from the first pose\n",
        view.at("xray").get<std::string>().c_str(), view.at("orientation").get<std::string>().c_str(),
        numbers("rotation_deg_zxy").c_str(), numbers("translation_mm").c_str(),
        moved.at("rotation_mm").get<double>(), moved.at("translation_mm").get<double>());
  }
  std::printf("written to %s\n", c.output.c_str());
}

// A right pose is above 0.9 in register_test.cpp "the phantom's x ray is found and everything is written"; pictures that have
// nothing to do with each other reach 0.5 to 0.75 once the pose has been fitted to them (another patient's chest, another
// volume, a source inside the body).
void warn_of_poor_fit(double correlation) {
  constexpr double kPoor = 0.8, kUnlike = 0.5;
  if (correlation >= kPoor) return;
  std::fprintf(
      stderr,
      "framegauge: the radiograph and the X-ray have a correlation of %.2f only: the pose %s wrong; look at "
      "the overlay, check the geometry, --bone (is bone bright in the file?), or search further with "
      "--search\n",
      correlation, correlation < kUnlike ? "is likely" : "may be");
}

int run(RegisterCommand& c) {
  check_counts(c);
  c.options.search_deg = c.search[0];
  c.options.search_mm = c.search[1];
  if (!c.metric.empty()) c.options.fine_metric = register_metric_named(c.metric);
  if (c.optimizer != "auto")
    c.options.coarse_method = c.options.fine_method =
        c.optimizer == "lbfgs" ? DescentMethod::lbfgs : DescentMethod::adam;
  const Volume volume = load_volume(c.volume);
  say(c.volume, volume.notes);
  std::vector<Xray> views = load_views(c, volume.centre_mm());
  if (views.size() == 1 && views[0].geometry.orthographic)
    std::fprintf(
        stderr,
        "framegauge: %s: parallel rays do not show how far along them the volume lies; only the rest of the "
        "pose is found\n",
        c.xrays[0].c_str());
  const ComputeDevice device(c.device);
  Registration registration(device, volume, std::move(views), c.options);
  if (!c.metric.empty() && registration.levels() == 1)
    std::fprintf(stderr, "framegauge: the X-ray is so small that it has one level, which is compared by %s\n",
                 name_of(c.options.coarse_metric).c_str());
  make_folder(c.output);
  const Descended descended = descend(registration);
  if (registration.trajectory().empty()) {
    std::fprintf(stderr, "framegauge: interrupted while searching; nothing is written\n");
    return descended.interrupted;
  }
  const nlohmann::ordered_json summary = summary_json(c, registration, descended, device);
  write_results(c, registration, summary);
  if (!c.json.empty()) write_json(c.json, summary);
  print_summary(c, summary, registration.best().loss);
  warn_of_poor_fit(summary.at("correlation").get<double>());
  return descended.interrupted != 0 ? descended.interrupted : static_cast<int>(ExitCode::pass);
}

void add_camera_options(CLI::App& c, RegisterCommand& o) {
  c.add_option("--geometry", o.geometries,
               "JSON as of framegauge drr: detector and first pose; once for each X-ray, in their order. "
               "Options come "
               "before it, and it before DICOM tags")
      ->allow_extra_args(false)
      ->group("Geometry");
  add_drr_camera_options(c, o.camera,
                         {.sdd = "DICOM tag, or 1020",
                          .pixels = "that of the file or the DICOM tag",
                          .pose = "First pose: ",
                          .orientation = ""});
}

void add_xray_options(CLI::App& c, RegisterCommand& o) {
  c.add_option(
       "--values", o.values,
       "auto (DICOM tags, else integrals), integrals (line integrals, or grey as radiographs are looked at), "
       "intensity (counts of the detector: the logarithm is taken)")
      ->group("X-ray");
  c.add_option("--bone", o.bone,
               "auto (DICOM tags, else bright; dark of intensities), bright or dark in the file")
      ->group("X-ray");
  c.add_option("--i0", o.i0,
               "Of intensities: what reaches the detector through air (default: the largest value)")
      ->group("X-ray");
  c.add_option(
       "--mask", o.masks,
       "Image of an X-ray's size, black where it does not count (default: shutters and collimators "
       "of DICOM tags, and the shadow of a collimator, a rectangular shutter and the border of a round "
       "opening, which are found)")
      ->allow_extra_args(false)
      ->group("X-ray");
}

void add_search_options(CLI::App& c, RegisterCommand& o) {
  c.add_option(
       "--search", o.search,
       "DEGREES MM: how far off the first pose may be, about and along each axis; 0 0 descends from it alone")
      ->expected(2)
      ->check(CLI::Range(0.0, 1000.0))
      ->capture_default_str()
      ->group("Search");
  c.add_option("--poses", o.options.search_poses, "Poses that are looked at before the descents")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str()
      ->group("Search");
  c.add_option("--starts", o.options.starts, "Descents at the coarsest level")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str()
      ->group("Search");
  c.add_option("--seed", o.options.seed, "Of the poses of the search")
      ->capture_default_str()
      ->group("Search");
  c.add_option(
       "--metric", o.metric,
       "Of the finest level: gradient-ncc (default), ncc, patch-ncc, multiscale-ncc, mi, or mse, which "
       "compares values as they are and wants an X-ray of line integrals; those before it have ncc")
      ->group("Search");
  c.add_option("--optimizer", o.optimizer,
               "auto: Adam at the coarsest level, L-BFGS at the others; or one for all. The end is L-BFGS")
      ->check(CLI::IsMember({"auto", "adam", "lbfgs"}))
      ->capture_default_str()
      ->group("Search");
  c.add_option("--finest", o.options.finest_pixels, "Pixels of the longer side at the finest level, about")
      ->check(CLI::Range(16, 8192))
      ->capture_default_str()
      ->group("Search");
}

}  // namespace

void add_register(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<RegisterCommand>();
  CLI::App* c =
      app.add_subcommand("register", "Find the pose from which X-rays of a CT's patient were taken");
  c->add_option("volume", options->volume,
                "CT: NIfTI, NRRD, MetaImage, a DICOM file or folder, or a JSON header of raw voxels, in HU")
      ->required();
  c->add_option("xrays", options->xrays,
                "Radiographs: DICOM, PNG, JPEG, TIFF, OpenEXR, PFM or .npy; several are registered together")
      ->required();
  c->add_option(
       "-o,--output", options->output,
       "Folder of the results: pose.json (a geometry for framegauge drr), register.json, overlay.png, "
       "trajectory.csv, loss.png, descent.webp")
      ->capture_default_str();
  add_camera_options(*c, *options);
  add_xray_options(*c, *options);
  add_search_options(*c, *options);
  c->add_option("--device", options->device, "auto (CUDA device 0 where there is one), cpu, cuda or cuda:N")
      ->capture_default_str();
  c->add_option("--json", options->json, "Write the result as JSON to a file, or - for standard output");
  c->add_flag("--no-film", options->no_film, "No descent.webp");
  c->add_flag("-q,--quiet", options->quiet, "Print the loss alone");
  c->footer(
      "Examples:\n"
      "  framegauge register ct.nii.gz xray.dcm -o result\n"
      "  framegauge register ct.nii.gz xray.png --geometry carm.json --bone dark\n"
      "  framegauge register ct.nii.gz ap.tif lateral.tif --geometry ap.json --geometry lateral.json\n"
      "  framegauge drr ct.nii.gz --geometry result/pose.json -o drr.png");
  c->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace fg
