// Counts of photons on CUDA are those on CPU, bit for bit.

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/drr/photons.h"
#include "tests/gpu/kernels/device_memory.h"

namespace fg::test {
namespace {

class photons_cuda : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string reason = no_cuda_device(); !reason.empty()) GTEST_SKIP() << reason;
  }
};

constexpr int kBatch = 2, kChannels = 3, kHeight = 250, kWidth = 700;
constexpr std::int64_t kPlane = kHeight * kWidth, kImage = kChannels * kPlane;

template <class T>
ImageView<T> view_of(T* data) {
  return {data, kBatch, kChannels, kHeight, kWidth, kImage, kPlane, kWidth, 1};
}

// Means from 1e-2 through 10, where the method changes, to beyond 2^50, where there is none; and what is no number.
std::vector<float> integrals() {
  std::vector<float> x(kBatch * kImage);
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] = -20.0f + 41.0f * static_cast<float>(i) / static_cast<float>(x.size());
  x[5] = NAN;
  x[6] = std::numeric_limits<float>::infinity();
  x[7] = -std::numeric_limits<float>::infinity();
  x[8] = 710;
  return x;
}

TEST_F(photons_cuda, counts_have_the_bits_of_the_cpu) {
  const std::vector<float> x = integrals();
  const DeviceArray<float> on_device(x);
  for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{0x123456789abcdef}}) {
    for (const double i0 : {1e7, 3.7}) {
      std::vector<float> cpu(x.size());
      const DeviceArray<float> counts(std::vector<float>(x.size(), -1));
      PhotonCounts op{view_of(x.data()), view_of(cpu.data()), i0, seed, 1000};
      cpu::photon_counts(op);
      op.input.data = on_device.data();
      op.output.data = counts.data();
      const Stream stream;
      cuda::photon_counts(op, 0, stream.get());
      stream.wait();
      const std::vector<float> gpu = counts.read();
      std::size_t differ = 0;
      for (std::size_t i = 0; i < x.size(); ++i)
        differ += std::bit_cast<std::uint32_t>(gpu[i]) != std::bit_cast<std::uint32_t>(cpu[i]);
      EXPECT_EQ(differ, 0u) << "of " << x.size() << " pixels, seed " << seed << ", i0 " << i0;
    }
  }
}

}  // namespace
}  // namespace fg::test
