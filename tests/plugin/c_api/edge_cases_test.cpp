// Every op with arguments at and beyond the edge: the right result, or a status and a sentence that names the argument.

#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>
#include <sys/mman.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "tests/plugin/c_api/every_op.h"
#include "tests/plugin/c_api/tensors.h"

namespace fg::test {
namespace {

class every_op_of_the_C_interface : public testing::TestWithParam<std::string> {
 protected:
  OpCall call = make_call(GetParam());

  std::vector<unsigned char> expected() {
    EXPECT_EQ(call.run(), FG_STATUS_OK) << fg_last_error();
    return call.results();
  }
};

INSTANTIATE_TEST_SUITE_P(all, every_op_of_the_C_interface, testing::ValuesIn(op_names()),
                         [](const auto& test) { return test.param; });

// The call fails, says the sentence's part, and writes nothing.
void expect_refused(OpCall& call, const std::string& part, const std::string& what) {
  const std::vector<std::vector<unsigned char>> before = [&] {
    std::vector<std::vector<unsigned char>> contents;
    for (const auto& t : call.tensors) contents.push_back(t->content);
    return contents;
  }();
  const FgStatus status = call.go(nullptr);
  const std::string sentence = fg_last_error();
  EXPECT_NE(status, FG_STATUS_OK) << what;
  EXPECT_NE(status, FG_STATUS_INTERNAL) << what << ": " << sentence;
  EXPECT_NE(sentence.find(part), std::string::npos) << what << ": " << sentence;
  for (std::size_t i = 0; i < before.size(); ++i)
    EXPECT_EQ(call.tensors[i]->content, before[i]) << what << " wrote to " << call.tensors[i]->name;
}

// Each tensor of the op in turn is spoiled; the sentence must name it.
void expect_each_tensor_refused(const std::string& op, const std::string& what,
                                const std::function<void(OpTensor&)>& spoil, const std::string& part = "") {
  const OpCall names = make_call(op);
  for (const auto& t : names.tensors) {
    OpCall call = make_call(op);
    std::size_t bytes = 0;
    ASSERT_EQ(call.ask(&bytes), FG_STATUS_OK) << fg_last_error();
    call.give_scratch(bytes);
    spoil(call.tensor(t->name));
    expect_refused(call, op + ": ", what + " of " + t->name);
    expect_refused(call, t->name, what + " of " + t->name);
    expect_refused(call, part, what + " of " + t->name);
    call.ask(&bytes);  // about x and y it may fail, but not crash
  }
}

TEST_P(every_op_of_the_C_interface, refuses_ranks_that_no_tensor_has_before_it_reads_a_shape) {
  for (const int rank : {-1, 6, 1000000, std::numeric_limits<int>::max(), std::numeric_limits<int>::min()})
    expect_each_tensor_refused(
        GetParam(), "rank " + std::to_string(rank), [&](OpTensor& t) { t.tensor.ndim = rank; },
        "has " + std::to_string(rank) + " dimensions; no tensor of any function has more than 5");
  expect_each_tensor_refused(GetParam(), "rank 0", [](OpTensor& t) { t.tensor.ndim = 0; });
  expect_each_tensor_refused(
      GetParam(), "no shape", [](OpTensor& t) { t.tensor.shape = nullptr; }, "fill DLTensor.shape");
}

TEST_P(every_op_of_the_C_interface, refuses_extents_that_are_empty_negative_or_more_than_memory_holds) {
  for (const std::int64_t extent :
       {std::int64_t{0}, std::int64_t{-1}, std::numeric_limits<std::int64_t>::min(),
        std::numeric_limits<std::int64_t>::max(), (std::int64_t{1} << 30) + 1})
    for (const bool first : {true, false})
      expect_each_tensor_refused(
          GetParam(), "extent " + std::to_string(extent),
          [&](OpTensor& t) { (first ? t.shape.front() : t.shape.back()) = extent; },
          "every extent must be between 1 and 1073741824");
  expect_each_tensor_refused(GetParam(), "2^60 elements and more", [](OpTensor& t) {
    if (t.shape.size() > 1)
      t.shape.assign(t.shape.size(), std::int64_t{1} << 30);
    else
      t.shape[0] = std::int64_t{1} << 30;
  });
}

TEST_P(every_op_of_the_C_interface, refuses_an_empty_batch_and_an_image_without_channels) {
  for (const std::size_t axis : {0u, 1u}) {
    for (const auto& t : call.tensors)
      if (t->shape.size() > axis && t->shape[axis] > 1) t->shape[axis] = 0;
    std::size_t bytes = 0;
    if (call.has_question) {
      EXPECT_EQ(call.ask(&bytes), FG_STATUS_INVALID_ARGUMENT);
    }
    expect_refused(call, "every extent must be between 1", "an extent of 0");
  }
}

TEST_P(every_op_of_the_C_interface, refuses_strides_and_offsets_that_leave_the_address_space) {
  for (const std::int64_t stride : {std::numeric_limits<std::int64_t>::min(), std::int64_t{1} << 62,
                                    -(std::int64_t{1} << 62), std::int64_t{1} << 44})
    expect_each_tensor_refused(GetParam(), "stride " + std::to_string(stride), [&](OpTensor& t) {
      t.strides = compact_strides(t.shape);
      for (std::size_t i = 0; i < t.shape.size(); ++i)
        if (t.shape[i] > 1) t.strides[i] = stride;
      if (t.shape == std::vector<std::int64_t>{1}) t.tensor.ndim = 6;  // it leads nowhere
      t.tensor.strides = t.strides.data();
    });
  expect_each_tensor_refused(
      GetParam(), "strides that reach below address 0",
      [](OpTensor& t) {
        t.strides = compact_strides(t.shape);
        t.strides[0] = -(std::int64_t{1} << 42) / t.shape[0];
        if (t.shape[0] == 1) t.tensor.byte_offset = std::uint64_t{0} - 8;
        t.tensor.data = reinterpret_cast<void*>(std::uintptr_t{4096});
        t.tensor.strides = t.strides.data();
      },
      "reaches beyond the address space");
  expect_each_tensor_refused(
      GetParam(), "byte_offset that wraps around",
      [](OpTensor& t) { t.tensor.byte_offset = std::uint64_t{0} - 8; }, "reaches beyond the address space");
}

TEST_P(every_op_of_the_C_interface, refuses_other_dtypes_lanes_and_bits) {
  for (const DLDataType type :
       {DLDataType{kDLFloat, 32, 2}, DLDataType{kDLFloat, 32, 0}, DLDataType{kDLInt, 32, 1},
        DLDataType{kDLUInt, 1, 1}, DLDataType{kDLFloat, 0, 1}, DLDataType{77, 255, 65535},
        DLDataType{kDLComplex, 64, 1}})
    expect_each_tensor_refused(GetParam(), "dtype", [&](OpTensor& t) { t.tensor.dtype = type; });
}

TEST_P(every_op_of_the_C_interface, refuses_other_devices_and_says_which_are_taken) {
  struct Other {
    DLDevice device;
    const char* part;
  };
  for (const Other& other :
       {Other{{kDLCUDAHost, 0},
              "is on pinned host memory (kDLCUDAHost); expected the CPU (kDLCPU) or a CUDA device (kDLCUDA)"},
        Other{{kDLCUDAManaged, 0},
              "is on managed memory (kDLCUDAManaged); expected the CPU (kDLCPU) or a CUDA device (kDLCUDA)"},
        Other{{kDLVulkan, 0}, "is on DLPack device type 7"},
        Other{{kDLROCM, 0}, "is on DLPack device type 10"}, Other{{kDLCUDA, 0}, "CUDA device 0"},
        Other{{kDLCUDA, -1}, "CUDA device -1"},
        Other{{static_cast<DLDeviceType>(0), 0}, "DLPack device type 0"}})
    expect_each_tensor_refused(
        GetParam(), "device", [&](OpTensor& t) { t.tensor.device = other.device; }, other.part);
}

TEST_P(every_op_of_the_C_interface, refuses_missing_and_misaligned_memory) {
  expect_each_tensor_refused(
      GetParam(), "no data", [](OpTensor& t) { t.tensor.data = nullptr; }, ".data is NULL");
  expect_each_tensor_refused(GetParam(), "crooked data", [](OpTensor& t) {
    if (t.element_bytes() > 1)
      t.tensor.byte_offset = 1;
    else
      t.tensor.data = nullptr;
  });
}

TEST_P(every_op_of_the_C_interface, refuses_structs_of_another_size) {
  const std::size_t size = *call.struct_size;
  for (const std::size_t other :
       {std::size_t{0}, size - 8, size + 8, std::numeric_limits<std::size_t>::max()}) {
    *call.struct_size = other;
    std::size_t bytes = 77;
    if (call.has_question) {
      EXPECT_EQ(call.ask(&bytes), FG_STATUS_INVALID_ARGUMENT);
      EXPECT_EQ(bytes, 77u);
    }
    expect_refused(call, "struct_size is " + std::to_string(other), "struct_size");
  }
}

TEST_P(every_op_of_the_C_interface, refuses_scratch_that_is_missing_small_crooked_or_no_memory) {
  std::size_t bytes = 0;
  ASSERT_EQ(call.ask(&bytes), FG_STATUS_OK) << fg_last_error();
  if (bytes == 0) GTEST_SKIP() << "it needs no scratch";
  call.give_scratch(bytes + 16);
  *call.scratch_bytes = bytes - 1;
  expect_refused(call, "scratch_bytes is " + std::to_string(bytes - 1), "small scratch");
  *call.scratch_bytes = bytes;
  *call.scratch = nullptr;
  expect_refused(call, "scratch is NULL", "no scratch");
  *call.scratch = reinterpret_cast<char*>(call.scratch_memory.data()) + 8;
  expect_refused(call, "scratch is not aligned", "crooked scratch");
  *call.scratch = reinterpret_cast<void*>(std::uintptr_t{0} - 16);
  if (bytes > 16) expect_refused(call, "scratch reaches beyond the address space", "scratch at the end");
  // Exactly what was asked for is enough (under ASan: nothing beyond is touched).
  std::unique_ptr<unsigned char[]> exact(new unsigned char[bytes]);
  *call.scratch = exact.get();
  EXPECT_EQ(call.go(nullptr), FG_STATUS_OK) << fg_last_error();
}

TEST_P(every_op_of_the_C_interface, refuses_outputs_on_top_of_themselves_each_other_inputs_or_scratch) {
  std::size_t bytes = 0;
  ASSERT_EQ(call.ask(&bytes), FG_STATUS_OK) << fg_last_error();
  call.give_scratch(bytes + (1 << 20));  // room behind it: what lies in it overlaps nothing else
  *call.scratch_bytes = bytes;
  for (const auto& output : call.tensors) {
    if (!output->is_output) continue;
    DLTensor& t = output->tensor;
    const DLTensor before = t;
    for (std::size_t axis = 0; axis < output->shape.size(); ++axis) {
      if (output->shape[axis] == 1) continue;
      std::vector<std::int64_t> strides = compact_strides(output->shape);
      strides[axis] = 0;
      t.strides = strides.data();
      expect_refused(call, output->name + " has strides by which its elements lie on top of each other",
                     "stride 0 in " + output->name);
      strides = compact_strides(output->shape);
      if (axis + 1 == output->shape.size()) continue;
      strides[axis] -= 1;
      t.strides = strides.data();
      expect_refused(call, output->name + " has strides by which its elements lie on top of each other",
                     "rows on top of each other in " + output->name);
    }
    t = before;
    for (const auto& other : call.tensors) {
      if (other == output) continue;
      // The last element of the other one is the first of this one.
      t.data = other->content.data() + (other->content.size() - 8);
      expect_refused(call, "overlap in memory", output->name + " in " + other->name);
    }
    if (bytes > 0) {
      t.data = call.scratch_memory.data();
      expect_refused(call, output->name + " and scratch overlap", output->name + " in scratch");
    }
    t = before;
  }
  for (const auto& input : call.tensors) {
    if (input->is_output || bytes == 0) continue;
    void* const before = input->tensor.data;
    input->tensor.data = call.scratch_memory.data();
    expect_refused(call, "scratch and " + input->name + " overlap", input->name + " in scratch");
    input->tensor.data = before;
  }
}

TEST_P(every_op_of_the_C_interface, gives_the_same_bits_twice_and_on_one_thread) {
  const std::vector<unsigned char> first = expected();
  EXPECT_EQ(expected(), first);
  const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, 1);
  EXPECT_EQ(expected(), first);
}

TEST_P(every_op_of_the_C_interface, gives_the_same_bits_with_a_byte_offset) {
  const std::vector<unsigned char> compact = expected();
  for (const auto& t : call.tensors) {
    t->content.insert(t->content.begin(), 64, 0xEE);
    t->tensor.data = t->content.data();
    t->tensor.byte_offset = 64;
  }
  EXPECT_EQ(expected(), compact);
}

TEST_P(every_op_of_the_C_interface, gives_the_same_bits_with_strides_on_axes_of_one_element) {
  const std::vector<unsigned char> compact = expected();
  for (const auto& t : call.tensors) {
    t->strides = compact_strides(t->shape);
    for (std::size_t i = 0; i < t->shape.size(); ++i)
      if (t->shape[i] == 1) t->strides[i] = std::numeric_limits<std::int64_t>::min();
    t->tensor.strides = t->strides.data();
  }
  EXPECT_EQ(call.run(), FG_STATUS_OK) << fg_last_error();
  for (const auto& t : call.tensors)
    for (std::size_t i = 0; i < t->shape.size(); ++i)
      if (t->shape[i] == 1) t->strides[i] = 0;
  EXPECT_EQ(call.results(), compact);
}

// Memory that is there once it is touched.
class SparseMemory {
 public:
  explicit SparseMemory(std::size_t bytes) : bytes_(bytes) {
    data_ = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  }
  ~SparseMemory() {
    if (data_ != MAP_FAILED) munmap(data_, bytes_);
  }
  SparseMemory(const SparseMemory&) = delete;
  SparseMemory& operator=(const SparseMemory&) = delete;
  unsigned char* data() const { return data_ == MAP_FAILED ? nullptr : static_cast<unsigned char*>(data_); }

 private:
  std::size_t bytes_;
  void* data_;
};

// Lays a tensor out anew, inputs with what they say, with these strides.
std::unique_ptr<SparseMemory> lay_out(OpTensor& t, const std::vector<std::int64_t>& strides) {
  std::int64_t lowest = 0, highest = 0;
  for (std::size_t i = 0; i < strides.size(); ++i)
    (strides[i] < 0 ? lowest : highest) += (t.shape[i] - 1) * strides[i];
  const auto size = static_cast<std::int64_t>(t.element_bytes());
  auto memory = std::make_unique<SparseMemory>(static_cast<std::size_t>((highest - lowest + 1) * size));
  if (memory->data() == nullptr) return memory;
  unsigned char* const first = memory->data() - lowest * size;
  if (!t.is_output)
    for_elements(t.shape, strides, [&](std::int64_t offset, std::size_t index) {
      std::memcpy(first + offset * size, t.content.data() + index * t.element_bytes(), t.element_bytes());
    });
  t.strides = strides;
  t.tensor.strides = t.strides.data();
  t.tensor.data = first;
  return memory;
}

TEST_P(every_op_of_the_C_interface, gives_the_same_bits_with_negative_strides) {
  const std::vector<unsigned char> compact = expected();
  std::vector<std::unique_ptr<SparseMemory>> memory;
  for (const auto& t : call.tensors) {
    std::vector<std::int64_t> strides = compact_strides(t->shape);
    for (std::int64_t& stride : strides) stride = -stride;
    memory.push_back(lay_out(*t, strides));
  }
  EXPECT_EQ(expected(), compact);
}

TEST_P(every_op_of_the_C_interface, gives_the_same_bits_where_an_axis_passes_two_to_the_31st_elements) {
  const std::vector<unsigned char> compact = expected();
  for (std::size_t axis = 0; axis < call.tensors[0]->shape.size(); ++axis) {
    OpCall far = make_call(GetParam());
    std::vector<std::unique_ptr<SparseMemory>> memory;
    for (const auto& t : far.tensors) {
      if (t->shape.size() <= axis) continue;
      std::vector<std::int64_t> strides = compact_strides(t->shape);
      strides[axis] = (std::int64_t{1} << 31) + 5;
      memory.push_back(lay_out(*t, strides));
      if (memory.back()->data() == nullptr) GTEST_SKIP() << "this machine gives no sparse memory that large";
    }
    EXPECT_EQ(far.run(), FG_STATUS_OK) << fg_last_error();
    EXPECT_EQ(far.results(), compact) << "axis " << axis;
  }
}

TEST_P(every_op_of_the_C_interface, gives_the_same_bits_for_an_input_that_repeats_by_a_stride_of_0) {
  for (std::size_t axis = 0; axis < call.tensors[0]->shape.size(); ++axis) {
    OpCall copied = make_call(GetParam()), repeated = make_call(GetParam());
    const bool pair = call.tensors[1]->name == "y";
    for (std::size_t image = 0; image < (pair ? 2 : 1); ++image) {
      OpTensor &to = *copied.tensors[image], &from = *repeated.tensors[image];
      from.strides = compact_strides(from.shape);
      from.strides[axis] = 0;
      from.tensor.strides = from.strides.data();
      for_elements(from.shape, from.strides, [&](std::int64_t offset, std::size_t index) {
        const auto at = static_cast<std::size_t>(offset) * from.element_bytes();
        std::memcpy(to.content.data() + index * to.element_bytes(), from.content.data() + at,
                    to.element_bytes());
      });
    }
    ASSERT_EQ(copied.run(), FG_STATUS_OK) << fg_last_error();
    ASSERT_EQ(repeated.run(), FG_STATUS_OK) << fg_last_error();
    EXPECT_EQ(repeated.results(), copied.results()) << "axis " << axis;
  }
}

// ---- more than 2^31 elements ----

TEST(more_than_two_to_the_31st_elements, have_their_errors_measured_to_the_last_row) {
  const std::int64_t width = 1 << 16, height = (1 << 15) + 3;  // 2^31 + 3 * 2^16 codes
  const auto bytes = static_cast<std::size_t>(width * height);
  const SparseMemory x_memory(bytes), y_memory(bytes);  // zeros that take no room
  if (x_memory.data() == nullptr || y_memory.data() == nullptr) GTEST_SKIP() << "no sparse memory of 2 GB";
  x_memory.data()[bytes - 1] = 255;
  std::int64_t shape[2] = {height, width};
  DLTensor x{x_memory.data(), {kDLCPU, 0}, 2, {kDLUInt, 8, 1}, shape, nullptr, 0};
  DLTensor y = x;
  y.data = y_memory.data();
  Tensor<double> errors({1, FG_ERROR_COLUMNS});
  FgImageErrors op;
  fg_image_errors_defaults(&op);
  op.x = &x;
  op.y = &y;
  op.errors = &errors;
  ASSERT_EQ(run(op), FG_STATUS_OK) << fg_last_error();
  const double samples = static_cast<double>(bytes);
  EXPECT_DOUBLE_EQ(errors[FG_ERROR_MSE], 1 / samples);
  EXPECT_DOUBLE_EQ(errors[FG_ERROR_MAE], 1 / samples);
  EXPECT_EQ(errors[FG_ERROR_MAX], 1.0);
}

}  // namespace
}  // namespace fg::test
