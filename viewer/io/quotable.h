#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace fg {

// A name as a line of a terminal may hold it: a control character would garble it.
inline std::string on_one_line(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 32 || c == 127) c = '?';
  return text;
}

// Text of a damaged file as a sentence may quote it: printable ASCII, not long.
inline std::string quotable(std::string_view text, std::size_t most = 60) {
  std::string quoted(text.substr(0, most));
  for (char& c : quoted)
    if (c < ' ' || c > '~') c = '?';
  return text.size() > most ? quoted + "..." : quoted;
}

}  // namespace fg
