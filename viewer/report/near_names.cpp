#include "viewer/report/near_names.h"

#include <algorithm>
#include <cctype>

namespace fg {

// Optimal string alignment: Levenshtein's distance with swaps. Three rows of the table are enough.
std::size_t edit_distance(const std::string& a, const std::string& b) {
  const auto same = [&](std::size_t i, std::size_t j) {
    return std::tolower(static_cast<unsigned char>(a[i])) == std::tolower(static_cast<unsigned char>(b[j]));
  };
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same(i - 1, j - 1) ? 0 : 1)});
      if (i > 1 && j > 1 && same(i - 1, j - 2) && same(i - 2, j - 1))
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return above[b.size()];
}

std::vector<std::string> near_names(const std::string& wanted, std::vector<std::string> names,
                                    std::size_t most) {
  std::vector<std::pair<std::size_t, std::size_t>> order;  // distance, place
  for (std::size_t i = 0; i < names.size(); ++i) order.emplace_back(edit_distance(wanted, names[i]), i);
  std::sort(order.begin(), order.end());
  std::vector<std::string> nearest;
  for (std::size_t i = 0; i < order.size() && i < most; ++i)
    nearest.push_back(std::move(names[order[i].second]));
  return nearest;
}

std::string listed(const std::vector<std::string>& names, std::size_t most) {
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < most; ++i) text += (i ? ", " : "") + names[i];
  if (names.size() > most) text += ", ... (" + std::to_string(names.size()) + " in all)";
  return text;
}

}  // namespace fg
