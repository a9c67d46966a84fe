#pragma once
// Reads DLTensors into views, or throws the sentence that says why not. Every sentence begins with the name
// of the exported function and of the argument: "fg_ssim2d: x has ...".

#include <dlpack/dlpack.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "framegauge/framegauge.h"
#include "kernels/core/error.h"
#include "kernels/core/tensor_view.h"

namespace fg::abi {

inline std::string dtype_name(DLDataType type) {
  std::string name = type.code == kDLFloat    ? "float"
                     : type.code == kDLUInt   ? "uint"
                     : type.code == kDLInt    ? "int"
                     : type.code == kDLBfloat ? "bfloat"
                                              : "DLPack type " + std::to_string(type.code) + " of bits ";
  name += std::to_string(type.bits);
  return type.lanes == 1 ? name : name + " with " + std::to_string(type.lanes) + " lanes";
}

// The number behind an enum that the caller may have set to anything.
template <class Enum>
int number_of(const Enum& value) {
  static_assert(sizeof(Enum) == sizeof(int));
  int number;
  std::memcpy(&number, &value, sizeof(number));
  return number;
}

inline std::string shape_name(const std::int64_t* shape, int rank) {
  std::string name = "[";
  for (int i = 0; i < rank; ++i) name += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  return name + "]";
}
inline std::string shape_name(const DLTensor& t) { return shape_name(t.shape, t.ndim); }

inline std::string device_name(DLDevice device) {
  if (device.device_type == kDLCPU) return "the CPU";
  if (device.device_type == kDLCUDA) return "CUDA device " + std::to_string(device.device_id);
  if (device.device_type == kDLCUDAHost) return "pinned host memory (kDLCUDAHost)";
  if (device.device_type == kDLCUDAManaged) return "managed memory (kDLCUDAManaged)";
  return "DLPack device type " + std::to_string(static_cast<int>(device.device_type));
}

inline bool is_type(DLDataType type, DLDataTypeCode code, int bits) {
  return type.code == code && type.bits == bits && type.lanes == 1;
}
inline bool is_float32(DLDataType type) { return is_type(type, kDLFloat, 32); }
inline bool is_float16(DLDataType type) { return is_type(type, kDLFloat, 16); }
inline bool is_bfloat16(DLDataType type) { return is_type(type, kDLBfloat, 16); }
inline bool is_uint8(DLDataType type) { return is_type(type, kDLUInt, 8); }
inline bool is_float64(DLDataType type) { return is_type(type, kDLFloat, 64); }

inline bool same_device(DLDevice a, DLDevice b) {
  // All CPU memory is one device, whatever the id.
  return a.device_type == b.device_type && (a.device_type == kDLCPU || a.device_id == b.device_id);
}

// Strides in elements; those of a compact tensor where the tensor has none. An axis of one element may carry any
// stride, which leads nowhere: 0 keeps it from leading a pointer out of its memory.
inline std::vector<std::int64_t> strides_of(const DLTensor& t) {
  std::vector<std::int64_t> strides(static_cast<std::size_t>(t.ndim), 1);
  for (int i = t.ndim - 1; i >= 0; --i) {
    const auto at = static_cast<std::size_t>(i);
    if (t.strides != nullptr)
      strides[at] = t.shape[i] == 1 ? 0 : t.strides[i];
    else if (i + 1 < t.ndim)
      strides[at] = strides[at + 1] * t.shape[i + 1];
  }
  return strides;
}

inline char* first_byte(const DLTensor& t) { return static_cast<char*>(t.data) + t.byte_offset; }

// The addresses [begin, end) between which all elements of a tensor lie. Numbers, not pointers: strides may say
// something that no memory has.
struct ByteRange {
  std::uintptr_t begin = 0, end = 0;
  bool overlaps(const ByteRange& other) const { return begin < other.end && other.begin < end; }
};

// The reach of a tensor that Checker::tensor() let through, in bytes before and after its first element; both below
// 2^52.
struct Reach {
  std::uintptr_t before = 0, after = 0;
};
inline Reach reach_of(const DLTensor& t) {
  const std::vector<std::int64_t> strides = strides_of(t);
  const auto size = static_cast<std::uintptr_t>(std::max(t.dtype.bits / 8, 1));
  Reach reach{0, size};
  for (int i = 0; i < t.ndim; ++i) {
    const std::int64_t elements = (t.shape[i] - 1) * strides[static_cast<std::size_t>(i)];
    (elements < 0 ? reach.before : reach.after) += static_cast<std::uintptr_t>(std::abs(elements)) * size;
  }
  return reach;
}

inline ByteRange range_of(const DLTensor& t) {
  const auto first = reinterpret_cast<std::uintptr_t>(first_byte(t));
  const Reach reach = reach_of(t);
  return {first - reach.before, first + reach.after};
}

class Checker {
 public:
  explicit Checker(const char* function) : function_(function) {}

  void expect(bool holds, const std::string& sentence, ErrorCode code = ErrorCode::invalid_argument) const {
    if (!holds) throw Error(code, std::string(function_) + ": " + sentence);
  }

  // What holds for every tensor, before anything of it is used. May the data be missing (a question about
  // scratch)?
  void tensor(const char* name, const DLTensor* t, bool needs_data) const {
    const std::string who = name;
    expect(t != nullptr, who + " is NULL; pass the address of a DLTensor");
    // Before anything is read through it: a rank that no op takes may well be no rank at all.
    expect(t->ndim >= 0 && t->ndim <= kMaxRank, who + " has " + std::to_string(t->ndim) +
                                                    " dimensions; no tensor of any function has more than " +
                                                    std::to_string(kMaxRank));
    expect(t->ndim == 0 || t->shape != nullptr,
           who + " has " + std::to_string(t->ndim) + " dimensions but no shape; fill DLTensor.shape");
    for (int i = 0; i < t->ndim; ++i)
      expect(t->shape[i] >= 1 && t->shape[i] <= kMaxExtent, who + " has shape " + shape_name(*t) +
                                                                "; every extent must be between 1 and " +
                                                                std::to_string(kMaxExtent));
    expect(
        t->device.device_type == kDLCPU || t->device.device_type == kDLCUDA,
        who + " is on " + device_name(t->device) + "; expected the CPU (kDLCPU) or a CUDA device (kDLCUDA)",
        ErrorCode::unsupported);
    std::int64_t elements = 1;
    for (int i = 0; i < t->ndim; ++i) {
      expect(elements <= kMaxReach / t->shape[i],
             who + " has shape " + shape_name(*t) + ", more elements than any memory holds");
      elements *= t->shape[i];
      expect(t->strides == nullptr || t->shape[i] == 1 ||
                 (t->strides[i] > -kMaxReach / t->shape[i] && t->strides[i] < kMaxReach / t->shape[i]),
             who + " has a stride of " + std::to_string(t->strides == nullptr ? 0 : t->strides[i]) +
                 " elements over an extent of " + std::to_string(t->shape[i]) +
                 ", further than any memory reaches");
    }
    if (!needs_data) return;
    expect(t->data != nullptr, who + ".data is NULL; pass the address of its first element");
    constexpr std::uintptr_t kLast = std::numeric_limits<std::uintptr_t>::max();
    const auto data = reinterpret_cast<std::uintptr_t>(t->data);
    const Reach reach = reach_of(*t);
    expect(t->byte_offset <= kLast - data && reach.before <= data + t->byte_offset &&
               reach.after <= kLast - (data + t->byte_offset),
           who + " reaches beyond the address space; check its byte_offset of " +
               std::to_string(t->byte_offset) + " and its strides");
    const auto size = static_cast<std::uintptr_t>(std::max(t->dtype.bits / 8, 1));
    expect((data + t->byte_offset) % size == 0,
           who + ".data with its byte_offset is not aligned to its " + dtype_name(t->dtype) + " elements");
  }

  // An output that is written through strides: each element must have a place of its own.
  void output(const char* name, const DLTensor& t) const {
    const std::vector<std::int64_t> strides = strides_of(t);
    std::vector<std::pair<std::int64_t, std::int64_t>> axes;  // stride, extent
    for (int i = 0; i < t.ndim; ++i)
      if (t.shape[i] > 1) axes.emplace_back(std::abs(strides[static_cast<std::size_t>(i)]), t.shape[i]);
    std::sort(axes.begin(), axes.end());
    std::int64_t reach = 0;  // of all smaller axes
    for (const auto& [stride, extent] : axes) {
      expect(stride > reach, std::string(name) +
                                 " has strides by which its elements lie on top of each other; every "
                                 "element of an output needs a place of its own");
      reach += stride * (extent - 1);
    }
  }

  const char* function() const { return function_; }

 private:
  static constexpr int kMaxRank = 5;
  static constexpr std::int64_t kMaxReach = std::int64_t{1}
                                            << 44;  // elements; sums of a few axes stay in 64 bits
  const char* function_;
};

// Rank 2 to 4, as NCHW or NHWC: the shape of an image batch.
struct ImageShape {
  std::int64_t batch = 1, channels = 1, height = 1, width = 1;
  bool operator==(const ImageShape&) const = default;
};

inline ImageShape image_shape(const Checker& check, const char* name, const DLTensor& t, FgLayout layout) {
  const int rank = t.ndim;
  const int least = layout == FG_LAYOUT_NHWC ? 3 : 2;
  check.expect(
      rank >= least && rank <= 4,
      std::string(name) + " has " + std::to_string(rank) + " dimensions; expected " +
          (layout == FG_LAYOUT_NHWC ? "[N, H, W, C] or [H, W, C]" : "[N, C, H, W], [C, H, W] or [H, W]"));
  const std::int64_t* last = t.shape + rank;  // one past the end
  ImageShape s;
  if (rank == 4) s.batch = t.shape[0];
  if (layout == FG_LAYOUT_NHWC) {
    s.height = last[-3];
    s.width = last[-2];
    s.channels = last[-1];
  } else {
    s.height = last[-2];
    s.width = last[-1];
    if (rank >= 3) s.channels = last[-3];
  }
  return s;
}

// The view of the first `channels` channels. Shape and dtype are checked already.
template <class T>
ImageView<T> image_view(const DLTensor& t, FgLayout layout, std::int64_t channels) {
  const Checker none("");
  const ImageShape shape = image_shape(none, "", t, layout);
  const std::vector<std::int64_t> strides = strides_of(t);
  const auto stride = [&](int from_end) {  // 1: the last axis; 0 for an axis that is not there
    return from_end <= t.ndim ? strides[strides.size() - static_cast<std::size_t>(from_end)] : 0;
  };
  ImageView<T> view;
  view.data = reinterpret_cast<T*>(first_byte(t));
  view.batch = shape.batch;
  view.channels = channels;
  view.height = static_cast<std::int32_t>(shape.height);
  view.width = static_cast<std::int32_t>(shape.width);
  view.batch_stride = stride(4);
  view.channel_stride = layout == FG_LAYOUT_NHWC ? stride(1) : stride(3);
  view.row_stride = layout == FG_LAYOUT_NHWC ? stride(3) : stride(2);
  view.column_stride = layout == FG_LAYOUT_NHWC ? stride(2) : stride(1);
  return view;
}

template <class T = double>
TableView<T> table_view(const DLTensor& t) {
  const std::vector<std::int64_t> strides = strides_of(t);
  return {reinterpret_cast<T*>(first_byte(t)), t.shape[0], t.shape[1], strides[0], strides[1]};
}

}  // namespace fg::abi
