#include "viewer/commands/drr_ray_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "viewer/error.h"
#include "viewer/render/drr_rays.h"

namespace fg {
namespace {

constexpr double kShortestStep = 1e-3, kLongestStep = 1000;  // mm, as fg_drr() has them

Failure usage(const std::string& sentence) { return {ExitCode::usage, sentence}; }

// The options that place samples, as they were given.
std::vector<std::string> sampling_given(const DrrRayOptions& o) {
  std::vector<std::string> given;
  if (o.samples) given.push_back(fmt::format("--samples {}", *o.samples));
  if (o.samples_inside) given.push_back(fmt::format("--samples-inside {}", *o.samples_inside));
  if (o.step_mm) given.push_back(fmt::format("--step {:g}", *o.step_mm));
  return given;
}

void check_sampling(const DrrRayOptions& o) {
  const std::vector<std::string> given = sampling_given(o);
  if (given.size() > 1)
    throw usage(
        fmt::format("{} and {} both say where the samples of a ray lie; give one of --samples, "
                    "--samples-inside and --step",
                    given[0], given[1]));
  if (o.method == "siddon" && !given.empty())
    throw usage(fmt::format(
        "--method siddon has no samples, its rays cross each voxel in their way; leave out {}, or give "
        "--method trilinear",
        given[0]));
  if (o.samples && (*o.samples < 2 || *o.samples > kMostDrrSamples))
    throw usage(fmt::format("--samples {}: n_samples must be 2 to {}", *o.samples, kMostDrrSamples));
  if (o.samples_inside && (*o.samples_inside < 1 || *o.samples_inside > kMostDrrSamples))
    throw usage(fmt::format("--samples-inside {}: expected 1 to {}", *o.samples_inside, kMostDrrSamples));
  if (o.step_mm && !(*o.step_mm >= kShortestStep && *o.step_mm <= kLongestStep))
    throw usage(
        fmt::format("--step {:g}: expected {:g} to {:g} mm", *o.step_mm, kShortestStep, kLongestStep));
}

// The first option that the Vulkan renderer knows nothing of, as it was given; "": none.
std::string of_kernels_alone(const DrrRayOptions& o) {
  if (o.method == "siddon") return "--method siddon";
  if (o.mip) return "--mip";
  if (o.samples_inside) return fmt::format("--samples-inside {}", *o.samples_inside);
  if (o.step_mm) return fmt::format("--step {:g}", *o.step_mm);
  return o.label_map.empty() ? "" : "--label-map";
}

bool is_compute_device(const std::string& device) {
  return device == "cpu" || device == "cuda" || device.starts_with("cuda:");
}

DrrPlace kernels_on(const DrrPlaceOptions& place, const std::string& device) {
  if (place.validation)
    throw usage(
        "--validation watches the Vulkan renderer, and this radiograph is one of the kernels'; leave out "
        "--validation");
  return {.vulkan = false, .device = device};
}

}  // namespace

DrrWalk walk_of(const DrrRayOptions& o) {
  if (o.method != "trilinear" && o.method != "siddon")
    throw usage("--method '" + o.method + "' is unknown; expected trilinear or siddon");
  check_sampling(o);
  DrrWalk walk;
  walk.method = o.method == "siddon" ? FG_DRR_SIDDON : FG_DRR_TRILINEAR;
  walk.reduction = o.mip ? FG_DRR_MAXIMUM : FG_DRR_SUM;
  walk.sampling = o.step_mm          ? FG_DRR_SAMPLES_BY_STEP
                  : o.samples_inside ? FG_DRR_SAMPLES_INSIDE
                                     : FG_DRR_SAMPLES_ON_SEGMENT;
  walk.samples = o.samples_inside.value_or(o.samples.value_or(walk.samples));
  walk.step_mm = o.step_mm.value_or(walk.step_mm);
  return walk;
}

std::vector<std::int16_t> labels_named(const std::string& text) {
  std::vector<std::int16_t> labels;
  if (text.empty() || text == "all") return labels;
  const char *at = text.data(), *const end = text.data() + text.size();
  for (;;) {
    int label = -1;
    const auto [next, problem] = std::from_chars(at, end, label);
    const bool ends = next == end || *next == ',';
    if (problem != std::errc() || !ends || label < 0 || label > kLargestDrrLabel)
      throw usage(fmt::format(
          "--labels '{}': expected whole numbers of 0 to {} with commas between them, such as 75,77, or all",
          text, kLargestDrrLabel));
    if (std::find(labels.begin(), labels.end(), label) != labels.end())
      throw usage(fmt::format("--labels {}: {} is there twice; name each label once", text, label));
    labels.push_back(static_cast<std::int16_t>(label));
    if (next == end) return labels;
    at = next + 1;
  }
}

DrrPlace place_of(const DrrPlaceOptions& place, const DrrRayOptions& rays) {
  const std::string &renderer = place.renderer, &device = place.device;
  if (renderer == "cpu" || renderer == "cuda") {
    if (!device.empty() && device != renderer && !device.starts_with(renderer + ":"))
      throw usage(fmt::format("--device {} is no device of --drr-renderer {}; leave one of the two out",
                              device, renderer));
    return kernels_on(place, device.empty() ? renderer : device);
  }
  if (renderer != "auto" && renderer != "vulkan")
    throw usage("there is no renderer of radiographs '" + renderer + "'; choose auto, vulkan, cuda or cpu");
  if (renderer == "auto" && is_compute_device(device)) return kernels_on(place, device);
  const std::string kernels = of_kernels_alone(rays);
  const bool any = device.empty() || device == "auto";
  if (kernels.empty())
    return {.vulkan = true,
            .or_kernels = renderer == "auto" && any && !place.validation,
            .device = any ? "" : device};
  const std::string why = kernels + " is of the CPU and CUDA kernels, the Vulkan renderer has none of it; ";
  if (renderer == "vulkan") throw usage(why + "leave out --drr-renderer vulkan, or give cpu or cuda there");
  if (!any) throw usage(why + "give --device cpu, cuda or cuda:N, not " + device + ", or leave it out");
  return kernels_on(place, "auto");
}

void add_drr_ray_options(CLI::App& c, DrrRayOptions& o) {
  const std::string kernels = " [kernels]";
  c.add_option(
       "--method", o.method,
       "trilinear: samples between the voxels, or siddon: exact integrals of voxels that are boxes of "
       "one attenuation [siddon: kernels]")
      ->type_name("TEXT:{trilinear,siddon}")
      ->capture_default_str()
      ->group("Rays");
  c.add_option("--samples", o.samples,
               "Samples of a trilinear ray, equally spaced from source to detector, 2 to 65536 (default: "
               "n_samples of the geometry, or 500)")
      ->group("Rays");
  c.add_option("--samples-inside", o.samples_inside,
               "Instead: samples of a trilinear ray in the middles of equal parts of what it has inside the "
               "volume, 1 to 65536" +
                   kernels)
      ->group("Rays");
  c.add_option("--step", o.step_mm,
               "Instead: a sample of a trilinear ray every so many mm, 0.001 to 1000" + kernels)
      ->group("Rays");
  c.add_flag("--mip", o.mip,
             "Maximum intensity projection: the largest attenuation on the way, 1/mm, instead of the line "
             "integral" +
                 kernels)
      ->group("Rays");
  c.add_option("--label-map", o.label_map,
               "Volume of whole numbers 0 to 32767 on the CT's grid, its axes in any order, read as the CT "
               "is: a radiograph of each label, of what its voxels alone absorb, all in one pass" +
                   kernels)
      ->group("Rays");
  c.add_option("--labels", o.labels,
               "Which labels, in this order: 75,77 for instance, or all that occur, from 0 (the rest) up, "
               "which add up to the whole (default: all)")
      ->group("Rays");
}

}  // namespace fg
