#include "viewer/render/radix_sort.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>

#include "tests/viewer/render/gaussian_scenes.h"

namespace fg::testing {
namespace {

struct Element {
  std::uint32_t key, value;
  bool operator==(const Element&) const = default;
};

class radix_sort : public OnDevice {
 protected:
  // Sorts by the low `bits` of the keys, in passes of `digit_bits`; compact: the first pass drops keys of
  // 2^32 - 1.
  std::vector<Element> sorted(RadixSort::Variant variant, const std::vector<Element>& input,
                              std::uint32_t bits, std::uint32_t digit_bits, bool compact) {
    const RadixSort sorter(device(), variant);
    const std::size_t bytes = input.size() * sizeof(Element);
    std::array<vk::Buffer, 2> elements{vk::Buffer(device(), bytes, vk::Residence::device),
                                       vk::Buffer(device(), bytes, vk::Residence::device)};
    const vk::Buffer counts(device(), sorter.part_counts_bytes(input.size()), vk::Residence::device);
    const vk::Buffer totals(device(), RadixSort::digit_totals_bytes(), vk::Residence::device);
    const vk::Buffer control(device(), 16, vk::Residence::device);
    if (bytes) vk::upload(device(), elements[0], input.data(), bytes);
    const auto kept = static_cast<std::uint32_t>(
        std::count_if(input.begin(), input.end(), [](const Element& e) { return e.key != sort::kSkip; }));
    // Word 0: all; word 1: those that a compacting pass keeps.
    const std::uint32_t words[4] = {static_cast<std::uint32_t>(input.size()), kept};
    vk::upload(device(), control, words, sizeof(words));
    const RadixSort::Bound bound = sorter.bind({.elements = {&elements[0], &elements[1]},
                                                .part_counts = &counts,
                                                .digit_totals = &totals,
                                                .control = &control});
    int source = 0;
    vk::run_and_wait(device(), [&](VkCommandBuffer cmd) {
      for (std::uint32_t bit = 0; bit < bits; bit += digit_bits, source = 1 - source) {
        const bool later = compact && bit > 0;
        sorter.record(cmd, bound,
                      {.source = source,
                       .first_bit = bit,
                       .bits = digit_bits,
                       .count_word = later ? 1u : 0u,
                       .compact = compact && bit == 0,
                       .blocks = (words[later ? 1 : 0] + sort::kBlock - 1) / sort::kBlock});
        vk::compute_barrier(device(), cmd);
      }
    });
    std::vector<Element> result(compact ? kept : input.size());
    if (result.empty()) return result;
    const std::vector<std::byte> downloaded = vk::download(device(), elements[source], bytes);
    std::memcpy(result.data(), downloaded.data(), result.size() * sizeof(Element));
    return result;
  }

  static std::vector<Element> random_elements(std::size_t count, std::uint32_t mask, std::uint32_t seed) {
    std::mt19937 random(seed);
    std::vector<Element> elements(count);
    for (std::uint32_t i = 0; i < count; ++i) elements[i] = {static_cast<std::uint32_t>(random()) & mask, i};
    return elements;
  }

  static std::vector<Element> by_key(std::vector<Element> elements) {
    std::stable_sort(elements.begin(), elements.end(),
                     [](const Element& a, const Element& b) { return a.key < b.key; });
    return elements;
  }
};

constexpr auto kVariants = {RadixSort::Variant::groups, RadixSort::Variant::lanes};

TEST_F(radix_sort, full_keys_of_every_count_around_the_block_size_come_out_in_order) {
  for (const auto variant : kVariants)
    for (const std::size_t count : {1, 2, 31, 255, 256, 257, 2047, 2048, 2049, 4096, 70000}) {
      SCOPED_TRACE(count);
      const std::vector<Element> input = random_elements(count, ~0u, static_cast<std::uint32_t>(count));
      ASSERT_EQ(sorted(variant, input, 32, 8, false), by_key(input));
    }
}

TEST_F(radix_sort, equal_keys_keep_their_order) {
  for (const auto variant : kVariants) {
    const std::vector<Element> few = random_elements(30000, 0x3, 1);
    ASSERT_EQ(sorted(variant, few, 2, 2, false), by_key(few));
    const std::vector<Element> one = random_elements(5000, 0, 1);
    ASSERT_EQ(sorted(variant, one, 12, 6, false), one);
  }
}

TEST_F(radix_sort, digits_of_any_width_sort_the_bits_they_cover) {
  for (const auto variant : kVariants)
    for (const std::uint32_t digit_bits : {1u, 3u, 5u, 6u, 7u}) {
      SCOPED_TRACE(digit_bits);
      const std::vector<Element> input = random_elements(9000, (1u << (2 * digit_bits)) - 1, digit_bits);
      ASSERT_EQ(sorted(variant, input, 2 * digit_bits, digit_bits, false), by_key(input));
    }
}

TEST_F(radix_sort, a_compacting_pass_drops_the_marked_elements) {
  for (const auto variant : kVariants)
    for (const std::uint32_t one_in : {1u, 2u, 100u}) {
      std::vector<Element> input = random_elements(12345, 0x7fffffff, one_in);
      for (std::size_t i = 0; i < input.size(); i += one_in) input[i].key = sort::kSkip;
      std::vector<Element> kept;
      std::copy_if(input.begin(), input.end(), std::back_inserter(kept),
                   [](const Element& e) { return e.key != sort::kSkip; });
      ASSERT_EQ(sorted(variant, input, 32, 8, true), by_key(kept));
    }
}

TEST_F(radix_sort, no_elements_are_sorted_without_harm) {
  for (const auto variant : kVariants) EXPECT_TRUE(sorted(variant, {}, 32, 8, false).empty());
}

}  // namespace
}  // namespace fg::testing
