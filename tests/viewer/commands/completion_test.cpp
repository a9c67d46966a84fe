// Shell completions and the manual page hold every option that --help prints.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <set>
#include <sstream>

#include "tests/viewer/commands/program.h"

namespace fg::test {
namespace {

namespace fs = std::filesystem;

bool there_is(const std::string& program) {
  return std::system(("command -v " + program + " >/dev/null 2>&1").c_str()) == 0;
}

// The command, and all that --help lists below it.
void collect_commands(const std::string& command, std::vector<std::string>& all) {
  all.push_back(command);
  const std::string help = framegauge(command + " --help").out, title = "\nSubcommands:\n";
  const std::size_t start = help.find(title);
  if (start == std::string::npos) return;
  std::istringstream lines(help.substr(start + title.size()));
  for (std::string line; std::getline(lines, line) && line.starts_with("  ");)
    if (line[2] != ' ')
      collect_commands((command.empty() ? "" : command + " ") + line.substr(2, line.find(' ', 2) - 2), all);
}
std::vector<std::string> all_commands() {
  std::vector<std::string> all;
  collect_commands("", all);
  return all;
}

// The names at the start of the lines of --help.
std::set<std::string> options_of(const std::string& command) {
  const std::string help = framegauge(command + " --help").out;
  const std::regex line("\n  ((?:-[a-zA-Z0-9-]+,?)+)"), name("--?[a-zA-Z][a-zA-Z0-9-]*");
  std::set<std::string> names;
  for (std::sregex_iterator i(help.begin(), help.end(), line), end; i != end; ++i) {
    const std::string part = (*i)[1];
    for (std::sregex_iterator n(part.begin(), part.end(), name); n != end; ++n) names.insert(n->str());
  }
  return names;
}

// What bash offers after the words; the last one is what was typed of it.
std::set<std::string> offered(const std::string& script, const std::string& words) {
  const fs::path folder = scratch_folder();
  write_text(
      folder / "ask.sh",
      "source '" + script + "'\ncomplete -p framegauge >/dev/null || exit 1\nCOMP_WORDS=(" + words +
          ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_framegauge\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n");
  const fs::path answer = folder / "answer";
  EXPECT_EQ(std::system(("bash '" + (folder / "ask.sh").string() + "' >'" + answer.string() + "'").c_str()),
            0);
  std::set<std::string> all;
  std::istringstream lines(read_text(answer));
  for (std::string line; std::getline(lines, line);)
    if (!line.empty()) all.insert(line);
  return all;
}

class completion : public testing::Test {
 protected:
  std::string bash() const {
    // Of each test its own: they run at the same time.
    const std::string test = testing::UnitTest::GetInstance()->current_test_info()->name();
    const fs::path script = fs::path(testing::TempDir()) / ("framegauge-completion-" + test + ".bash");
    write_text(script, framegauge("completion bash").out);
    return script.string();
  }
};

TEST_F(completion, bash_offers_every_option_of_every_command) {
  const std::string script = bash();
  for (const std::string& command : all_commands()) {
    const std::set<std::string> options = options_of(command);
    EXPECT_GE(options.size(), 1u) << command;
    EXPECT_EQ(offered(script, "framegauge " + command + " -"), options) << "of '" << command << "'";
  }
  EXPECT_GE(options_of("diff").size(), 40u);
}

TEST_F(completion, the_commands_of_help_are_found) {
  const std::vector<std::string> all = all_commands();
  for (const char* command : {"", "diff", "register", "bench", "bench drr", "man"})
    EXPECT_EQ(std::count(all.begin(), all.end(), command), 1) << command;
}

TEST_F(completion, what_cannot_be_written_is_a_failure) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "there is no /dev/full";
  for (const char* command : {"man", "completion bash", "completion zsh"})
    EXPECT_NE(std::system((std::string(FRAMEGAUGE_PROGRAM) + " " + command + " >/dev/full 2>&1").c_str()), 0)
        << command;
}

TEST_F(completion, bash_offers_commands_and_the_words_of_a_choice) {
  const std::string script = bash();
  EXPECT_EQ(offered(script, "framegauge d"), (std::set<std::string>{"diff", "doctor", "drr"}));
  EXPECT_EQ(offered(script, "framegauge bench ''"), (std::set<std::string>{"drr", "ssim", "tick"}));
  EXPECT_EQ(offered(script, "framegauge diff --missing ''"),
            (std::set<std::string>{"fail", "ignore", "warn"}));
  EXPECT_EQ(offered(script, "framegauge diff a.png --tonemap = s"), (std::set<std::string>{"srgb"}));
  EXPECT_EQ(offered(script, "framegauge completion ''"), (std::set<std::string>{"bash", "zsh"}));
  EXPECT_EQ(offered(script, "framegauge diff --colormap ''"),
            (std::set<std::string>{"grey", "magma", "turbo", "viridis"}));
  EXPECT_EQ(offered(script, "framegauge diff --json ''"), std::set<std::string>{});  // bash's own: files
  EXPECT_EQ(offered(script, "framegauge diff a.p"), std::set<std::string>{});
}

TEST_F(completion, a_flag_takes_no_value) {
  const std::string script = bash();
  EXPECT_EQ(offered(script, "framegauge diff --resample --out"), (std::set<std::string>{"--outside"}));
  EXPECT_EQ(offered(script, "framegauge diff -q --wat"), (std::set<std::string>{"--watch"}));
  const std::string zsh = framegauge("completion zsh").out, page = framegauge("man").out;
  EXPECT_NE(zsh.find("]'", zsh.find("'*--resample[")), std::string::npos);
  EXPECT_EQ(zsh.find(":VALUE:"), std::string::npos);
  EXPECT_NE(page.find("\\fB\\-\\-resample\\fR\n"), std::string::npos);
}

TEST_F(completion, zsh_names_every_option_and_parses) {
  const std::string script = framegauge("completion zsh").out;
  for (const std::string& command : all_commands()) {
    std::string name = "_framegauge" + (command.empty() ? "" : "_" + command);
    std::replace(name.begin(), name.end(), ' ', '_');
    const std::size_t start = script.find("\n" + name + "() {");
    ASSERT_NE(start, std::string::npos) << name;
    const std::string body = script.substr(start, script.find("\n}\n", start) - start);
    for (const std::string& option : options_of(command))
      EXPECT_NE(body.find("'*" + option + "["), std::string::npos) << name << " " << option;
  }
  if (!there_is("zsh")) GTEST_SKIP() << "there is no zsh to parse the completions";
  const fs::path file = scratch_folder() / "_framegauge";
  write_text(file, script);
  EXPECT_EQ(std::system(("zsh -n '" + file.string() + "'").c_str()), 0);
}

TEST_F(completion, the_manual_names_every_option_and_is_good_roff) {
  const Outcome page = framegauge("man");
  ASSERT_EQ(page.exit_code, 0);
  for (const std::string& command : all_commands()) {
    const std::string roff = std::regex_replace(command, std::regex("-"), "\\-");
    const std::size_t start = command.empty() ? 0 : page.out.find(".SS framegauge " + roff + "\n");
    ASSERT_NE(start, std::string::npos) << command;
    const std::string part = page.out.substr(start, page.out.find("\n.S", start + 1) - start);
    const std::string& where = command.empty() ? page.out : part;
    for (const std::string& option : options_of(command))
      EXPECT_NE(where.find("\\fB" + std::regex_replace(option, std::regex("-"), "\\-") + "\\fR"),
                std::string::npos)
          << command << " " << option;
  }
  if (!there_is("groff")) GTEST_SKIP() << "there is no groff to set the page";
  const fs::path file = scratch_folder() / "framegauge.1";
  write_text(file, page.out);
  const std::string warnings = file.string() + ".warnings";
  EXPECT_EQ(
      std::system(("groff -man -Tutf8 -ww '" + file.string() + "' >/dev/null 2>'" + warnings + "'").c_str()),
      0);
  EXPECT_EQ(read_text(warnings), "");
}

}  // namespace
}  // namespace fg::test
