#pragma once
// The checks that ops on tensors share. All of them throw the sentence that says what was expected, what came
// and what to do.

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "kernels/core/half.h"
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

// x and y: there, of one of these dtypes, alike in dtype and device.
void check_alike(const Checker& check, const DLTensor* x, const DLTensor* y,
                 std::initializer_list<bool (*)(DLDataType)> dtypes, const char* expected_dtypes,
                 Purpose purpose);

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

// A finite number.
void check_finite(const Checker& check, const char* name, double value);

// A finite number above 0.
void check_range(const Checker& check, const char* name, double value);

struct NamedTensor {
  const char* name;
  const DLTensor* tensor;  // NULL: not given, and nothing to check
};

// Outputs share no byte with an input, with each other or with scratch.
void check_overlaps(const Checker& check, const std::vector<NamedTensor>& inputs,
                    const std::vector<NamedTensor>& outputs, const ByteRange& scratch);

// An input beside the images: on their device, of this dtype and shape.
void check_input(const Checker& check, const char* name, const DLTensor* t, const DLTensor& image,
                 bool (*is_expected)(DLDataType), const char* expected_dtype,
                 const std::vector<std::int64_t>& expected, const char* meaning);

// An output: the same, and each element has a place of its own.
void check_output(const Checker& check, const char* name, const DLTensor* t, const DLTensor& image,
                  bool (*is_expected)(DLDataType), const char* expected_dtype,
                  const std::vector<std::int64_t>& expected, const char* meaning);

// The bytes of scratch that the op uses.
ByteRange checked_scratch(const Checker& check, const void* scratch, std::size_t given, std::size_t needed,
                          const char* question);

}  // namespace fg::abi
