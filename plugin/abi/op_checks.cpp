#include "plugin/abi/op_checks.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "plugin/abi/cuda_memory.h"

namespace fg::abi {
namespace {

// The bytes of scratch that the op uses.
ByteRange checked_scratch(const Checker& check, const GivenScratch& scratch) {
  const std::size_t needed = scratch.needed_bytes;
  if (needed == 0) return {};
  const std::string ask = std::string("; pass as many bytes as ") + scratch.question + "() says";
  check.expect(scratch.data != nullptr,
               "scratch is NULL but " + std::to_string(needed) + " bytes are needed" + ask);
  check.expect(scratch.size_bytes >= needed, "scratch_bytes is " + std::to_string(scratch.size_bytes) +
                                                 " but " + std::to_string(needed) + " bytes are needed" +
                                                 ask);
  const auto begin = reinterpret_cast<std::uintptr_t>(scratch.data);
  check.expect(begin % kScratchAlignmentBytes == 0,
               "scratch is not aligned to " + std::to_string(kScratchAlignmentBytes) + " bytes; move it");
  check.expect(needed <= std::numeric_limits<std::uintptr_t>::max() - begin,
               "scratch reaches beyond the address space; check its address");
  return {begin, begin + needed};
}

// Outputs share no byte with an input, with each other or with scratch.
void check_overlaps(const Checker& check, const std::vector<NamedTensor>& inputs,
                    const std::vector<NamedTensor>& outputs, const ByteRange& scratch) {
  const auto apart = [&](const ByteRange& a, const char* a_name, const ByteRange& b, const char* b_name) {
    check.expect(!a.overlaps(b), std::string(a_name) + " and " + b_name +
                                     " overlap in memory; what is written needs memory of its own");
  };
  for (const NamedTensor& input : inputs)
    if (input.tensor != nullptr && scratch.begin != scratch.end)
      apart(scratch, "scratch", range_of(*input.tensor), input.name);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i].tensor == nullptr) continue;
    const ByteRange range = range_of(*outputs[i].tensor);
    for (const NamedTensor& input : inputs)
      if (input.tensor != nullptr) apart(range, outputs[i].name, range_of(*input.tensor), input.name);
    for (std::size_t j = 0; j < i; ++j)
      if (outputs[j].tensor != nullptr)
        apart(range, outputs[i].name, range_of(*outputs[j].tensor), outputs[j].name);
    if (scratch.begin != scratch.end) apart(range, outputs[i].name, scratch, "scratch");
  }
}

}  // namespace

std::string text(double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof(buffer), "%g", value);
  return buffer;
}

void check_alike(const Checker& check, const DLTensor* x, const DLTensor* y,
                 std::initializer_list<bool (*)(DLDataType)> dtypes, const char* expected_dtypes,
                 Purpose purpose) {
  check.tensor("x", x, purpose == Purpose::run);
  check.tensor("y", y, purpose == Purpose::run);
  check.expect(std::any_of(dtypes.begin(), dtypes.end(), [&](auto is_type) { return is_type(x->dtype); }),
               "x has dtype " + dtype_name(x->dtype) + "; expected " + expected_dtypes);
  check.expect(
      x->dtype.code == y->dtype.code && x->dtype.bits == y->dtype.bits && x->dtype.lanes == y->dtype.lanes,
      "y has dtype " + dtype_name(y->dtype) + ", x has " + dtype_name(x->dtype) + "; convert one of them");
  check.expect(same_device(x->device, y->device), "y is on " + device_name(y->device) + ", x on " +
                                                      device_name(x->device) + "; bring both to one device");
}

void check_layout(const Checker& check, const FgLayout& layout) {
  checked_enum(check, "layout", layout, FG_LAYOUT_NHWC, "FG_LAYOUT_NCHW (0) or FG_LAYOUT_NHWC (1)");
}

ImageShape checked_pair(const Checker& check, const DLTensor* x, const DLTensor* y, const FgLayout& layout,
                        std::int32_t channels, Purpose purpose) {
  return checked_shape<ImageShape>(check, x, y, layout, channels, purpose, image_shape, "images");
}

void check_device(const Checker& check, const char* name, const DLTensor& t, const char* other_name,
                  const DLTensor& other) {
  check.expect(same_device(t.device, other.device), std::string(name) + " is on " + device_name(t.device) +
                                                        ", " + other_name + " on " +
                                                        device_name(other.device) + "; bring it there");
}

void check_finite(const Checker& check, const char* name, double value) {
  check.expect(std::isfinite(value), std::string(name) + " is " + text(value) + "; expected a finite number");
}

void check_loss_weight(const Checker& check, const char* name, double value) {
  check.expect(std::fabs(value) <= 1e18, std::string(name) + " is " + text(value) +
                                             "; expected -1e18 to 1e18, since gradients are float32: scale "
                                             "the loss");
}

void check_range(const Checker& check, const char* name, double value) {
  check.expect(std::isfinite(value) && value > 0,
               std::string(name) + " is " + text(value) + "; expected a finite number above 0");
}

void check_last_row(const Checker& check, const std::string& name, const double* row) {
  check.expect(row[0] == 0 && row[1] == 0 && row[2] == 0 && row[3] == 1,
               "the last row of " + name + " is " + text(row[0]) + " " + text(row[1]) + " " + text(row[2]) +
                   " " + text(row[3]) + "; expected 0 0 0 1, rows first (is the matrix transposed?)");
}

void check_sdd(const Checker& check, const char* name, double sdd_mm) {
  check.expect(std::isfinite(sdd_mm) && sdd_mm >= 10,
               std::string(name) + " is " + text(sdd_mm) +
                   "; expected the millimetres from source to detector, 10 or more: multiply metres by 1000");
}

void check_input(const Checker& check, const char* name, const DLTensor* t, const DLTensor& image,
                 bool (*is_expected)(DLDataType), const char* expected_dtype,
                 const std::vector<std::int64_t>& expected, const char* meaning) {
  check.tensor(name, t, true);
  const std::string who = name;
  check.expect(is_expected(t->dtype),
               who + " has dtype " + dtype_name(t->dtype) + "; expected " + expected_dtype);
  check_device(check, name, *t, "the images", image);
  const int rank = static_cast<int>(expected.size());
  check.expect(t->ndim == rank && std::equal(expected.begin(), expected.end(), t->shape),
               who + " has shape " + shape_name(*t) + "; expected " + shape_name(expected.data(), rank) +
                   ", " + meaning,
               ErrorCode::size_mismatch);
}

void check_output(const Checker& check, const char* name, const DLTensor* t, const DLTensor& image,
                  bool (*is_expected)(DLDataType), const char* expected_dtype,
                  const std::vector<std::int64_t>& expected, const char* meaning) {
  check_input(check, name, t, image, is_expected, expected_dtype, expected, meaning);
  check.output(name, *t);
}

Scratch checked_memory(const Checker& check, const DLTensor& x, const GivenScratch& scratch,
                       const std::vector<NamedTensor>& inputs, const std::vector<NamedTensor>& outputs) {
  const ByteRange range = checked_scratch(check, scratch);
  check_overlaps(check, inputs, outputs, range);
  if (!is_on_cpu(x)) check_cuda_memory(check, x.device.device_id, inputs, outputs, scratch);
  return {scratch.data, scratch.size_bytes};
}

}  // namespace fg::abi
