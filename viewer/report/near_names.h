#pragma once
// What a user may have meant: for sentences about a name that does not exist.

#include <string>
#include <vector>

namespace fg {

// Letters to insert, leave out, exchange or swap with a neighbour until a is b; upper and lower case are alike.
std::size_t edit_distance(const std::string& a, const std::string& b);

// The names nearest to the wanted one, nearest first; of equally near ones the earlier first.
std::vector<std::string> near_names(const std::string& wanted, std::vector<std::string> names,
                                    std::size_t most);

// "a, b, c, ... (12 in all)"
std::string listed(const std::vector<std::string>& names, std::size_t most);

}  // namespace fg
