#pragma once
// The checks that ops on tensors share. All of them throw the sentence that says what was expected, what came
// and what to do.

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "kernels/core/half.h"
#include "plugin/abi/guard.h"
#include "plugin/abi/tensor_checks.h"

namespace fg::abi {

enum class Purpose { scratch, run };  // a question about scratch needs shapes, not memory

std::string text(double value);

template <class Op>
const Op& checked_struct(const Checker& check, const Op* op, const char* type, const char* defaults) {
  check.expect(op != nullptr,
               std::string("op is NULL; pass the address of an ") + type + " filled by " + defaults + "()");
  check.expect(op->struct_size == sizeof(Op),
               std::string("struct_size is ") + std::to_string(op->struct_size) + ", this library has an " +
                   type + " of " + std::to_string(sizeof(Op)) + " bytes; call " + defaults +
                   "() first and build against the library's own header");
  return *op;
}

// The number of an enum, of those from 0 to `last`.
template <class Enum>
int checked_enum(const Checker& check, const std::string& name, const Enum& value, int last,
                 const std::string& expected) {
  const int number = number_of(value);
  check.expect(number >= 0 && number <= last,
               name + " is " + std::to_string(number) + "; expected " + expected);
  return number;
}

// x and y: there, of one of these dtypes, alike in dtype and device.
void check_alike(const Checker& check, const DLTensor* x, const DLTensor* y,
                 std::initializer_list<bool (*)(DLDataType)> dtypes, const char* expected_dtypes,
                 Purpose purpose);

void check_layout(const Checker& check, const FgLayout& layout);

// Images or volumes, as shape_of() reads them: alike in shape, dtype and device. Returns their shape, cut to the scored
// channels.
template <class Shape, class ShapeOf>
Shape checked_shape(const Checker& check, const DLTensor* x, const DLTensor* y, const FgLayout& layout,
                    std::int32_t channels, Purpose purpose, const ShapeOf& shape_of, const char* things) {
  check_layout(check, layout);
  check_alike(check, x, y, {is_float32, is_float16, is_bfloat16, is_uint8},
              "float32, float16, bfloat16 or uint8", purpose);
  Shape shape = shape_of(check, "x", *x, layout);
  const Shape other = shape_of(check, "y", *y, layout);
  check.expect(x->ndim == y->ndim && shape == other,
               "y has shape " + shape_name(*y) + ", x has " + shape_name(*x) + "; both must be the same",
               ErrorCode::size_mismatch);
  check.expect(channels >= 0 && channels <= shape.channels,
               "channels is " + std::to_string(channels) + ", the " + things + " have " +
                   std::to_string(shape.channels) + "; pass 0 for all, or at most that many");
  if (channels != 0) shape.channels = channels;
  return shape;
}

// The pair of images: alike in shape, dtype and device. Returns their shape, cut to the scored channels.
ImageShape checked_pair(const Checker& check, const DLTensor* x, const DLTensor* y, const FgLayout& layout,
                        std::int32_t channels, Purpose purpose);

// body.operator()<T>() for the element type T of a dtype that check_alike() let through.
template <class Body>
auto with_element(DLDataType type, const Body& body) {
  if (is_uint8(type)) return body.template operator()<std::uint8_t>();
  if (is_float16(type)) return body.template operator()<Half>();
  if (is_bfloat16(type)) return body.template operator()<BFloat16>();
  return body.template operator()<float>();
}

// The same where uint8 has been refused.
template <class Body>
auto with_float_element(DLDataType type, const Body& body) {
  if (is_float16(type)) return body.template operator()<Half>();
  if (is_bfloat16(type)) return body.template operator()<BFloat16>();
  return body.template operator()<float>();
}

// On the device of another tensor.
void check_device(const Checker& check, const char* name, const DLTensor& t, const char* other_name,
                  const DLTensor& other);

// A finite number.
void check_finite(const Checker& check, const char* name, double value);

// The weight of a part of a loss: a number that gradients in float32 can be multiplied by.
void check_loss_weight(const Checker& check, const char* name, double value);

// A finite number above 0.
void check_range(const Checker& check, const char* name, double value);

// The four numbers below a 3 x 4 part: 0 0 0 1.
void check_last_row(const Checker& check, const std::string& name, const double* row);

// From source to detector. Metres are refused.
void check_sdd(const Checker& check, const char* name, double sdd_mm);

// The detector's fields of an op, or of an FgIntrinsics in it, whose name stands before theirs.
template <class Fields>
void check_intrinsics(const Checker& check, const std::string& prefix, const Fields& k) {
  check_sdd(check, (prefix + "sdd_mm").c_str(), k.sdd_mm);
  check_range(check, (prefix + "delx_mm").c_str(), k.delx_mm);
  check_range(check, (prefix + "dely_mm").c_str(), k.dely_mm);
  check_finite(check, (prefix + "x0_mm").c_str(), k.x0_mm);
  check_finite(check, (prefix + "y0_mm").c_str(), k.y0_mm);
}

struct NamedTensor {
  const char* name;
  const DLTensor* tensor;  // NULL: not given, and nothing to check
};

// An input beside the images: on their device, of this dtype and shape.
void check_input(const Checker& check, const char* name, const DLTensor* t, const DLTensor& image,
                 bool (*is_expected)(DLDataType), const char* expected_dtype,
                 const std::vector<std::int64_t>& expected, const char* meaning);

// An output: the same, and each element has a place of its own.
void check_output(const Checker& check, const char* name, const DLTensor* t, const DLTensor& image,
                  bool (*is_expected)(DLDataType), const char* expected_dtype,
                  const std::vector<std::int64_t>& expected, const char* meaning);

struct GivenScratch {
  void* data;
  std::size_t size_bytes;
  std::size_t needed_bytes;
  const char* question;  // the function that says how many are needed
};

// The memory of a call, when all tensors are known to fit each other: the scratch is large enough, outputs share no byte
// with an input, with each other or with the scratch, and all of it lies on the device of x. Returns the scratch.
Scratch checked_memory(const Checker& check, const DLTensor& x, const GivenScratch& scratch,
                       const std::vector<NamedTensor>& inputs, const std::vector<NamedTensor>& outputs);

// Outputs that may be NULL: where a double goes, one of each image, an image.
inline double* number_at(const DLTensor* t) {
  return t == nullptr ? nullptr : reinterpret_cast<double*>(first_byte(*t));
}
template <class T>
NumberColumn<T> column_of(const DLTensor* t) {
  if (t == nullptr) return {};
  return {reinterpret_cast<T*>(first_byte(*t)), strides_of(*t)[0]};
}
inline ImageView<float> gradient_view(const DLTensor* t, const FgLayout& layout, const ImageShape& shape) {
  return t == nullptr ? ImageView<float>() : image_view<float>(*t, layout, shape.channels);
}

inline bool is_on_cpu(const DLTensor& t) { return t.device.device_type == kDLCPU; }

// The call of a kernel, where the tensors are.
template <class Kernel>
void launch(const DLTensor& x, const Kernel& kernel, Scratch scratch, void* stream,
            void (*on_cpu)(const Kernel&, Scratch), void (*on_cuda)(const Kernel&, Scratch, int, void*)) {
  if (is_on_cpu(x))
    on_cpu(kernel, scratch);
  else
    on_cuda(kernel, scratch, x.device.device_id, stream);
}

// What an op is called in its sentences.
struct OpNames {
  const char *function, *question, *type, *defaults;
};

// The body of fg_<op>_scratch_bytes(); bytes_of(check, op) has the answer.
template <class Op, class BytesOf>
FgStatus answer_scratch(const OpNames& names, const Op* op, std::size_t* bytes, const BytesOf& bytes_of) {
  return guard([&] {
    const Checker check(names.question);
    checked_struct(check, op, names.type, names.defaults);
    check.expect(bytes != nullptr, "bytes is NULL; pass the address of a size_t");
    *bytes = bytes_of(check, *op);
  });
}

// The body of fg_<op>(): run(check, op).
template <class Op, class Run>
FgStatus answer(const OpNames& names, const Op* op, const Run& run) {
  return guard([&] {
    const Checker check(names.function);
    checked_struct(check, op, names.type, names.defaults);
    run(check, *op);
  });
}

template <class Op>
void set_defaults(Op* op) {
  if (op == nullptr) return;
  *op = Op{};
  op->struct_size = sizeof(Op);
}

}  // namespace fg::abi
