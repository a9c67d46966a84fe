#pragma once
// Every op of the C interface as a call that succeeds, with the same handles on its tensors, for tests that spoil one
// thing of it or lay its memory out in another way.

#include <framegauge/drr.h>
#include <framegauge/framegauge.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace fg::test {

// A tensor of a call: a DLTensor and what it says in row-major order.
struct OpTensor {
  std::string name;
  bool is_output;
  std::vector<std::int64_t> shape;
  std::vector<unsigned char> content;  // row-major, compact; of an output: where it lies at first
  std::vector<std::int64_t> strides;   // filled by those who need them
  DLTensor tensor{};

  std::size_t element_bytes() const { return tensor.dtype.bits / 8; }

  // Element i of what it says; codes stand for 0..1.
  double number(std::size_t i) const { return number_of(content.data() + i * element_bytes()); }
  double number_of(const unsigned char* at) const {
    if (tensor.dtype.bits == 8) return *at / 255.0;
    if (tensor.dtype.bits == 64) return read<double>(at);
    return static_cast<double>(read<float>(at));
  }
  void set_number(std::size_t i, double value) {
    unsigned char* const to = content.data() + i * element_bytes();
    const auto narrow = static_cast<float>(value);
    if (tensor.dtype.bits == 8)
      *to = static_cast<unsigned char>(value * 255);
    else if (tensor.dtype.bits == 64)
      std::memcpy(to, &value, sizeof(value));
    else
      std::memcpy(to, &narrow, sizeof(narrow));
  }

 private:
  template <class T>
  static T read(const unsigned char* at) {
    T value;
    std::memcpy(&value, at, sizeof(value));
    return value;
  }
};

// Calls body(offset in elements, index of the element) for each element of a tensor with these strides.
inline void for_elements(const std::vector<std::int64_t>& shape, const std::vector<std::int64_t>& strides,
                         const std::function<void(std::int64_t, std::size_t)>& body) {
  std::vector<std::int64_t> at(shape.size(), 0);
  for (std::size_t index = 0;; ++index) {
    std::int64_t offset = 0;
    for (std::size_t i = 0; i < shape.size(); ++i) offset += at[i] * strides[i];
    body(offset, index);
    std::size_t axis = shape.size();
    while (axis > 0 && ++at[axis - 1] == shape[axis - 1]) at[--axis] = 0;
    if (axis == 0) return;
  }
}

inline std::vector<std::int64_t> compact_strides(const std::vector<std::int64_t>& shape) {
  std::vector<std::int64_t> strides(shape.size(), 1);
  for (std::size_t i = shape.size(); i-- > 1;) strides[i - 1] = strides[i] * shape[i];
  return strides;
}

struct OpCall {
  std::string name;  // "fg_ssim2d"
  std::vector<std::unique_ptr<OpTensor>> tensors;
  std::function<FgStatus(std::size_t*)> ask;
  std::function<FgStatus(void*)> go;  // the stream
  void** scratch = nullptr;
  std::size_t *scratch_bytes = nullptr, *struct_size = nullptr;
  std::vector<std::max_align_t> scratch_memory;
  bool has_question = true;    // false: it has no scratch to ask for
  std::shared_ptr<void> kept;  // what the op points to beside its tensors

  OpTensor& tensor(const std::string& wanted) {
    for (const auto& t : tensors)
      if (t->name == wanted) return *t;
    throw std::invalid_argument(name + " has no " + wanted);
  }
  DLTensor* add(const std::string& tensor_name, bool is_output, DLDataType type,
                std::vector<std::int64_t> shape) {
    auto t = std::make_unique<OpTensor>();
    t->name = tensor_name;
    t->is_output = is_output;
    t->shape = std::move(shape);
    std::size_t count = 1;
    for (const std::int64_t extent : t->shape) count *= static_cast<std::size_t>(extent);
    t->tensor.device = {kDLCPU, 0};
    t->tensor.dtype = type;
    t->tensor.ndim = static_cast<int>(t->shape.size());
    t->tensor.shape = t->shape.data();
    t->content.resize(count * t->element_bytes(), 0xCD);
    // y is half of x, so that no mean of covariances is near 0, where powers of it have no bound.
    const double share = tensor_name == "y" ? 0.5 : 0;
    std::uint32_t seed = static_cast<std::uint32_t>(tensors.size()) + 1;
    for (std::size_t i = 0; i < count && !is_output; ++i) {
      seed = seed * 1664525u + 1013904223u;
      const double value =
          (1 - share) * ((seed >> 8) / 16777216.0) + (share == 0 ? 0 : share * tensor("x").number(i));
      t->set_number(i, value);
    }
    t->tensor.data = t->content.data();
    tensors.push_back(std::move(t));
    return &tensors.back()->tensor;
  }
  // Asks how much scratch, gives it, runs.
  FgStatus run() {
    std::size_t bytes = 0;
    if (const FgStatus status = ask(&bytes); status != FG_STATUS_OK) return status;
    give_scratch(bytes);
    return go(nullptr);
  }
  void give_scratch(std::size_t bytes) {
    scratch_memory.assign(bytes / sizeof(std::max_align_t) + 1, {});
    *scratch = scratch_memory.data();
    *scratch_bytes = bytes;
  }
  // What the outputs say, row-major, one after the other.
  std::vector<unsigned char> results() const {
    std::vector<unsigned char> all;
    for (const auto& t : tensors)
      if (t->is_output) {
        const std::size_t size = t->element_bytes();
        for_elements(t->shape, t->strides.empty() ? compact_strides(t->shape) : t->strides,
                     [&](std::int64_t offset, std::size_t) {
                       const auto* from = static_cast<const unsigned char*>(t->tensor.data) +
                                          t->tensor.byte_offset + offset * static_cast<std::int64_t>(size);
                       all.insert(all.end(), from, from + size);
                     });
      }
    return all;
  }
};

namespace every_op {

inline constexpr DLDataType kFloat32{kDLFloat, 32, 1}, kFloat64{kDLFloat, 64, 1}, kUint8{kDLUInt, 8, 1};

template <class Op>
Op& start(OpCall& call, const char* name, void (*defaults)(Op*), FgStatus (*ask)(const Op*, std::size_t*),
          FgStatus (*go)(const Op*, void*)) {
  const auto op = std::make_shared<Op>();
  defaults(op.get());
  call.name = name;
  call.ask = [op, ask](std::size_t* bytes) { return ask(op.get(), bytes); };
  call.go = [op, go](void* stream) { return go(op.get(), stream); };
  call.scratch = &op->scratch;
  call.scratch_bytes = &op->scratch_bytes;
  call.struct_size = &op->struct_size;
  return *op;
}

template <class Op>
Op& start_without_scratch(OpCall& call, const char* name, void (*defaults)(Op*),
                          FgStatus (*go)(const Op*, void*)) {
  const auto op = std::make_shared<Op>();
  defaults(op.get());
  call.name = name;
  call.has_question = false;
  call.ask = [](std::size_t* bytes) {
    *bytes = 0;
    return FG_STATUS_OK;
  };
  call.go = [op, go](void* stream) { return go(op.get(), stream); };
  const auto unused = std::make_shared<std::pair<void*, std::size_t>>();
  call.kept = unused;
  call.scratch = &unused->first;
  call.scratch_bytes = &unused->second;
  call.struct_size = &op->struct_size;
  return *op;
}

template <class Op>
void add_images(OpCall& call, Op& op, DLDataType type, const std::vector<std::int64_t>& shape) {
  op.x = call.add("x", false, type, shape);
  op.y = call.add("y", false, type, shape);
}
template <class Op>
void add_scores(OpCall& call, Op& op, const std::vector<std::int64_t>& shape) {
  op.scores = call.add("scores", true, kFloat64, shape);
  op.mean = call.add("mean", true, kFloat64, {1});
}
template <class Op>
void add_gradients(OpCall& call, Op& op, const std::vector<std::int64_t>& shape) {
  op.score_weight = call.add("score_weight", false, kFloat64, {shape[0], shape[1]});
  op.x_gradient = call.add("x_gradient", true, kFloat32, shape);
  op.y_gradient = call.add("y_gradient", true, kFloat32, shape);
}

inline const std::vector<std::int64_t> kRadiographs{2, 1, 15, 18}, kSlopes{2, 7, 15, 18};

// Two views of a small volume.
inline void add_scene(OpCall& call, FgDrr& op) {
  op.volume = call.add("volume", false, kFloat32, {10, 11, 12});
  op.poses = call.add("poses", false, kFloat64, {2, 3, 4});
  const double poses[2][12] = {{1, 0, 0, 6, 0, 1, 0, 5, 0, 0, 1, -150},
                               {0.96, 0, -0.28, 46, 0, 1, 0, 5, 0.28, 0, 0.96, -130}};
  for (std::size_t i = 0; i < 24; ++i) call.tensor("poses").set_number(i, poses[i / 12][i % 12]);
  op.numbers = FG_DRR_ATTENUATION;
  op.sdd_mm = 300;
  op.delx_mm = op.dely_mm = 1.5;
  op.samples = 100;
}

inline void fill(OpCall& call, const std::string& name) {
  const std::vector<std::int64_t> image{2, 3, 24, 26}, volume{2, 2, 12, 13, 14}, planes{2, 24, 26},
      large_planes{2, 180, 176};
  if (name == "fg_ssim2d") {
    auto& op = start(call, "fg_ssim2d", fg_ssim2d_defaults, fg_ssim2d_scratch_bytes, fg_ssim2d);
    add_images(call, op, kFloat32, image);
    op.map = call.add("map", true, kFloat32, image);
    add_scores(call, op, {2, 3});
  } else if (name == "fg_ssim2d_gradient") {
    auto& op = start(call, "fg_ssim2d_gradient", fg_ssim2d_gradient_defaults,
                     fg_ssim2d_gradient_scratch_bytes, fg_ssim2d_gradient);
    add_images(call, op, kFloat32, image);
    op.map_weight = call.add("map_weight", false, kFloat32, image);
    op.l1_weight = 0.25;
    add_gradients(call, op, image);
    op.map = call.add("map", true, kFloat32, image);
    add_scores(call, op, {2, 3});
    op.l1 = call.add("l1", true, kFloat64, {1});
  } else if (name == "fg_ssim3d") {
    auto& op = start(call, "fg_ssim3d", fg_ssim3d_defaults, fg_ssim3d_scratch_bytes, fg_ssim3d);
    add_images(call, op, kFloat32, volume);
    op.map = call.add("map", true, kFloat32, volume);
    add_scores(call, op, {2, 2});
  } else if (name == "fg_ssim3d_gradient") {
    auto& op = start(call, "fg_ssim3d_gradient", fg_ssim3d_gradient_defaults,
                     fg_ssim3d_gradient_scratch_bytes, fg_ssim3d_gradient);
    add_images(call, op, kFloat32, volume);
    op.map_weight = call.add("map_weight", false, kFloat32, volume);
    add_gradients(call, op, volume);
    op.map = call.add("map", true, kFloat32, volume);
    add_scores(call, op, {2, 2});
  } else if (name == "fg_ms_ssim") {
    auto& op = start(call, "fg_ms_ssim", fg_ms_ssim_defaults, fg_ms_ssim_scratch_bytes, fg_ms_ssim);
    add_images(call, op, kFloat32, image);
    op.levels = 2;
    op.window = 7;
    add_gradients(call, op, image);
    add_scores(call, op, {2, 3});
  } else if (name == "fg_masked_ssim2d") {
    auto& op = start(call, "fg_masked_ssim2d", fg_masked_ssim2d_defaults, fg_masked_ssim2d_scratch_bytes,
                     fg_masked_ssim2d);
    add_images(call, op, kFloat32, image);
    op.mask = call.add("mask", false, kFloat32, {2, 1, 24, 26});
    add_gradients(call, op, image);
    op.map = call.add("map", true, kFloat32, image);
    add_scores(call, op, {2, 3});
  } else if (name == "fg_similarity") {
    auto& op =
        start(call, "fg_similarity", fg_similarity_defaults, fg_similarity_scratch_bytes, fg_similarity);
    add_images(call, op, kFloat32, image);
    op.mask = call.add("mask", false, kFloat32, {2, 1, 24, 26});
    op.scales = 2;
    op.patches[1] = 5;
    op.patch_weights[1] = 0.5;
    op.score_weight = call.add("score_weight", false, kFloat64, {2});
    op.scores = call.add("scores", true, kFloat64, {2});
    op.x_gradient = call.add("x_gradient", true, kFloat32, image);
    op.y_gradient = call.add("y_gradient", true, kFloat32, image);
  } else if (name == "fg_image_errors") {
    auto& op = start(call, "fg_image_errors", fg_image_errors_defaults, fg_image_errors_scratch_bytes,
                     fg_image_errors);
    add_images(call, op, kFloat32, image);
    op.errors = call.add("errors", true, kFloat64, {2, FG_ERROR_COLUMNS});
  } else if (name == "fg_flip") {
    auto& op = start(call, "fg_flip", fg_flip_defaults, fg_flip_scratch_bytes, fg_flip);
    add_images(call, op, kFloat32, image);
    op.map = call.add("map", true, kFloat32, {2, 1, 24, 26});
    op.exposure_table = call.add("exposure_table", true, kFloat64, {2, FG_FLIP_COLUMNS});
    add_scores(call, op, {2});
  } else if (name == "fg_vmaf_ssim") {
    auto& op = start(call, "fg_vmaf_ssim", fg_vmaf_ssim_defaults, fg_vmaf_ssim_scratch_bytes, fg_vmaf_ssim);
    add_images(call, op, kUint8, planes);
    add_scores(call, op, {2});
  } else if (name == "fg_vmaf_float_ssim") {
    auto& op = start(call, "fg_vmaf_float_ssim", fg_vmaf_float_ssim_defaults,
                     fg_vmaf_float_ssim_scratch_bytes, fg_vmaf_float_ssim);
    add_images(call, op, kUint8, planes);
    op.scale = 2;
    add_scores(call, op, {2});
    op.lcs = call.add("lcs", true, kFloat64, {2, 3});
  } else if (name == "fg_drr") {
    auto& op = start(call, "fg_drr", fg_drr_defaults, fg_drr_scratch_bytes, fg_drr);
    add_scene(call, op);
    op.images = call.add("images", true, kFloat32, kRadiographs);
    op.slopes = call.add("slopes", true, kFloat32, kSlopes);
  } else if (name == "fg_drr_gradient") {
    auto& op = start(call, "fg_drr_gradient", fg_drr_gradient_defaults, fg_drr_gradient_scratch_bytes,
                     fg_drr_gradient);
    const auto drr = std::make_shared<FgDrr>();
    fg_drr_defaults(drr.get());
    call.kept = drr;
    op.drr = drr.get();
    add_scene(call, *drr);
    drr->slopes = call.add("slopes", false, kFloat32, kSlopes);
    op.image_gradient = call.add("image_gradient", false, kFloat32, kRadiographs);
    op.poses_gradient = call.add("poses_gradient", true, kFloat64, {2, 3, 4});
    op.intrinsics_gradient = call.add("intrinsics_gradient", true, kFloat64, {2, 5});
  } else if (name == "fg_resample") {
    auto& op = start_without_scratch(call, "fg_resample", fg_resample_defaults, fg_resample);
    op.input = call.add("input", false, kFloat32, image);
    op.output = call.add("output", true, kFloat32, {2, 3, 20, 22});
    op.output_intrinsics = {900, 2.5, 2.25, 3, -2};
  } else {
    auto& op = start(call, "fg_vmaf_ms_ssim", fg_vmaf_ms_ssim_defaults, fg_vmaf_ms_ssim_scratch_bytes,
                     fg_vmaf_ms_ssim);
    add_images(call, op, kUint8, large_planes);
    add_scores(call, op, {2});
    op.lcs = call.add("lcs", true, kFloat64, {2, 15});
  }
}

}  // namespace every_op

// Those that take x and y.
inline const std::vector<std::string>& pair_op_names() {
  static const std::vector<std::string> names{"fg_ssim2d",          "fg_ssim2d_gradient", "fg_ssim3d",
                                              "fg_ssim3d_gradient", "fg_ms_ssim",         "fg_masked_ssim2d",
                                              "fg_similarity",      "fg_image_errors",    "fg_flip",
                                              "fg_vmaf_ssim",       "fg_vmaf_float_ssim", "fg_vmaf_ms_ssim"};
  return names;
}
inline std::vector<std::string> op_names() {
  std::vector<std::string> names = pair_op_names();
  names.insert(names.end(), {"fg_drr", "fg_drr_gradient", "fg_resample"});
  return names;
}

inline OpCall make_call(const std::string& name) {
  OpCall call;
  every_op::fill(call, name);
  return call;
}

}  // namespace fg::test
