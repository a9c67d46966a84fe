// Journals of framegauge diff.

#include "viewer/diff/results/journal.h"
#include "tests/fuzz/fuzz_file.h"

namespace fg {

void fuzz::run(Input input) {
  using namespace fuzz;
  const std::string settings = "{}\n";
  std::string text = settings + std::string(text_of(input));
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  const Journal journal(write("a.journal", {bytes, text.size()}), "{}", Journal::Start::resume);
  journal.find({.name = "a", .stamp = "b"});
}

}  // namespace fg
