#pragma once
#include <string>

namespace fg {

// The text, or dots and as much of its end as fits: names of photos differ at their ends. UTF-8 stays whole.
template <class Fits>
std::string elided(const std::string& text, const Fits& fits) {
  if (fits(text)) return text;
  std::string shown = "...";
  for (std::size_t from = text.size(); from-- > 0;) {
    if ((static_cast<unsigned char>(text[from]) & 0xc0) == 0x80) continue;  // inside a character
    std::string longer = "..." + text.substr(from);
    if (!fits(longer)) break;
    shown = std::move(longer);
  }
  return shown;
}

}  // namespace fg
