// framegauge completion bash|zsh, framegauge man: written from the option tables that parse the command line, so that
// they cannot lack an option.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <sstream>

#include "framegauge/framegauge.h"
#include "viewer/commands/commands.h"
#include "viewer/report/json_file.h"

namespace fg {
namespace {

struct OptionEntry {
  std::vector<std::string> names;     // "-q", "--quiet"
  std::string help, value, standard;  // value: "TEXT", empty of a flag; standard: the default
  std::vector<std::string> choices;
};

struct CommandEntry {
  std::string path;  // "", "diff", "bench ssim"
  std::string help, footer;
  std::vector<OptionEntry> options;
  std::vector<OptionEntry> positionals;  // named by their value
  std::vector<std::string> commands;     // below it
};

// CLI11 writes the words of IsMember into the type's name: "TEXT:{fail,warn,ignore}".
std::vector<std::string> choices_of(const std::string& type) {
  const std::size_t open = type.find('{'), close = type.find('}');
  std::vector<std::string> choices;
  if (open == std::string::npos || close == std::string::npos) return choices;
  std::istringstream words(type.substr(open + 1, close - open - 1));
  for (std::string word; std::getline(words, word, ',');) choices.push_back(word);
  return choices;
}

OptionEntry entry_of(const CLI::Option& option) {
  OptionEntry entry{.names = {},
                    .help = option.get_description(),
                    .value = {},
                    .standard = option.get_default_str(),
                    .choices = {}};
  for (const std::string& name : option.get_snames()) entry.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) entry.names.push_back("--" + name);
  if (option.get_items_expected_max() == 0) return entry;  // a flag
  const std::string type = option.get_type_name();
  entry.choices = choices_of(type);
  entry.value = entry.names.empty() ? option.get_name(true) : type.substr(0, type.find_first_of(":{ "));
  if (entry.value.empty()) entry.value = "VALUE";
  return entry;
}

void collect(const CLI::App& app, const std::string& path, std::vector<CommandEntry>& all) {
  CommandEntry entry{.path = path,
                     .help = app.get_description(),
                     .footer = app.get_footer(),
                     .options = {},
                     .positionals = {},
                     .commands = {}};
  for (const CLI::Option* option : app.get_options())
    if (!option->get_group().empty())  // hidden from --help too
      (option->get_positional() ? entry.positionals : entry.options).push_back(entry_of(*option));
  const std::vector<const CLI::App*> below = app.get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* command : below) entry.commands.push_back(command->get_name());
  all.push_back(std::move(entry));
  for (const CLI::App* command : below)
    collect(*command, path.empty() ? command->get_name() : path + " " + command->get_name(), all);
}

std::vector<CommandEntry> commands_of(const CLI::App& app) {
  std::vector<CommandEntry> all;
  collect(app, "", all);
  return all;
}

std::vector<std::string> names_of(const std::vector<OptionEntry>& options) {
  std::vector<std::string> names;
  for (const OptionEntry& option : options)
    names.insert(names.end(), option.names.begin(), option.names.end());
  return names;
}

std::string joined(const std::vector<std::string>& words, const char* between = " ") {
  return fmt::format("{}", fmt::join(words, between));
}

constexpr const char* kBashStart =
    R"(# bash completion of framegauge; written by `framegauge completion bash`.
_framegauge() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} path= commands= options= i
  # --name=value comes as three words.
  if [ "$cur" = "=" ]; then
    cur=
  elif [ "$prev" = "=" ]; then
    prev=${COMP_WORDS[COMP_CWORD-2]}
  fi
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$path ${COMP_WORDS[i]}" in
)";
constexpr const char* kBashEnd = R"(  esac
  if [[ $cur == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$cur"))
  elif [ -n "$commands" ]; then
    COMPREPLY=($(compgen -W "$commands" -- "$cur"))
  fi
}
# Where there is nothing to say, names of files.
complete -o default -F _framegauge framegauge
)";

std::string bash_completion(const std::vector<CommandEntry>& all) {
  std::string text = kBashStart;
  for (const CommandEntry& command : all)
    if (!command.path.empty()) text += fmt::format("      ' {0}') path=' {0}' ;;\n", command.path);
  text += "    esac\n  done\n  case \"$path $prev\" in\n";
  for (const CommandEntry& command : all)
    for (const OptionEntry& option : command.options) {
      if (option.value.empty()) continue;
      std::vector<std::string> patterns;
      for (const std::string& name : option.names)
        patterns.push_back(fmt::format("'{}{} {}'", command.path.empty() ? "" : " ", command.path, name));
      text += fmt::format("    {})", joined(patterns, "|"));
      if (!option.choices.empty())
        text += fmt::format("\n      COMPREPLY=($(compgen -W \"{}\" -- \"$cur\"))\n     ",
                            joined(option.choices));
      text += " return ;;\n";
    }
  text += "  esac\n  case \"$path\" in\n";
  for (const CommandEntry& command : all) {
    std::vector<std::string> words = command.commands;
    for (const OptionEntry& positional : command.positionals)
      words.insert(words.end(), positional.choices.begin(), positional.choices.end());
    text += fmt::format("    '{}{}')\n      commands=\"{}\"\n      options=\"{}\"\n      ;;\n",
                        command.path.empty() ? "" : " ", command.path, joined(words),
                        joined(names_of(command.options)));
  }
  return text + kBashEnd;
}

// Inside single quotes and the brackets of an _arguments specification.
std::string zsh_text(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    if (c == '\'')
      safe += "'\\''";
    else if (c == '[' || c == ']' || c == ':' || c == '\\')
      safe += std::string("\\") + c;
    else
      safe += c == '\n' ? ' ' : c;
  }
  return safe;
}

std::string zsh_function_name(const std::string& path) {
  std::string name = "_framegauge";
  if (!path.empty()) name += "_" + path;
  std::replace(name.begin(), name.end(), ' ', '_');
  return name;
}

std::string zsh_completion(const std::vector<CommandEntry>& all) {
  std::string text =
      "#compdef framegauge\n# zsh completion of framegauge; written by `framegauge completion zsh`.\n";
  for (const CommandEntry& command : all) {
    text += fmt::format("\n{}() {{\n", zsh_function_name(command.path));
    if (!command.commands.empty()) text += "  local context state line\n  typeset -A opt_args\n";
    text += "  _arguments -s -S";
    if (!command.commands.empty()) text += " -C";
    for (const OptionEntry& option : command.options)
      for (const std::string& name : option.names) {
        text += fmt::format(" \\\n    '*{}[{}]", name, zsh_text(option.help));
        if (!option.value.empty())
          text += fmt::format(":{}:{}", zsh_text(option.value),
                              option.choices.empty() ? "_files" : "(" + joined(option.choices) + ")");
        text += "'";
      }
    if (command.commands.empty()) {
      const bool words = command.positionals.size() == 1 && !command.positionals[0].choices.empty();
      if (words)
        text += fmt::format(" \\\n    '1:{}:({})'\n", zsh_text(command.positionals[0].value),
                            joined(command.positionals[0].choices));
      else
        text += command.positionals.empty() ? "\n" : " \\\n    '*:file:_files'\n";
    } else {
      text += fmt::format(" \\\n    '1:command:({})' \\\n    '*::argument:->arguments'\n",
                          joined(command.commands));
      text += "  if [[ $state == arguments ]]; then\n    case $line[1] in\n";
      for (const std::string& name : command.commands)
        text += fmt::format("      {}) {} ;;\n", name,
                            zsh_function_name(command.path.empty() ? name : command.path + " " + name));
      text += "    esac\n  fi\n";
    }
    text += "}\n";
  }
  return text +
         "\nif [[ $funcstack[1] == _framegauge ]]; then\n  _framegauge \"$@\"\nelse\n  compdef _framegauge "
         "framegauge\nfi\n";
}

// Text of a roff page: hyphens that can be copied, no line that is taken for a request.
std::string roff(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    if (safe.empty() || safe.back() == '\n')
      if (c == '.' || c == '\'') safe += "\\&";
    if (c == '\\')
      safe += "\\e";
    else if (c == '-')
      safe += "\\-";
    else
      safe += c;
  }
  return safe;
}

std::string roff_options(const std::vector<OptionEntry>& options) {
  std::string text;
  for (const OptionEntry& option : options) {
    std::vector<std::string> names;
    for (const std::string& name : option.names) names.push_back("\\fB" + roff(name) + "\\fR");
    std::string value = option.choices.empty() ? option.value : joined(option.choices, "|");
    text += ".TP\n" + joined(names, ", ");
    if (!value.empty()) text += fmt::format("{}\\fI{}\\fR", names.empty() ? "" : " ", roff(value));
    text += "\n" + roff(option.help);
    if (!option.standard.empty()) text += roff(fmt::format("\n(default: {})", option.standard));
    text += "\n";
  }
  return text;
}

std::string man_page(const std::vector<CommandEntry>& all) {
  std::string text = fmt::format(
      ".\\\" Written by `framegauge man`.\n.TH FRAMEGAUGE 1 \"\" \"framegauge {}\"\n"
      ".SH NAME\nframegauge \\- {}\n.SH SYNOPSIS\n\\fBframegauge\\fR \\fICOMMAND\\fR "
      "[\\fIOPTIONS\\fR] ...\n.SH OPTIONS\n",
      fg_version(), roff(all.front().help));
  text += roff_options(all.front().options);
  text += ".SH COMMANDS\n";
  for (const CommandEntry& command : all) {
    if (command.path.empty()) continue;
    text += fmt::format(".SS framegauge {}\n{}\n", roff(command.path), roff(command.help));
    text += roff_options(command.positionals) + roff_options(command.options);
    if (!command.footer.empty()) text += ".PP\n.nf\n" + roff(command.footer) + "\n.fi\n";
  }
  return text + ".SH EXIT STATUS\n.nf\n" + roff(all.front().footer) + "\n.fi\n";
}

}  // namespace

void add_completion(CLI::App& app, int&) {
  auto shell = std::make_shared<std::string>();
  CLI::App* c = app.add_subcommand("completion", "Print the completions of bash or zsh");
  c->add_option("shell", *shell, "bash or zsh")->required()->check(CLI::IsMember({"bash", "zsh"}));
  c->footer(
      "Examples:\n"
      "  source <(framegauge completion bash)\n"
      "  framegauge completion zsh > ~/.zfunc/_framegauge");
  c->callback([&app, shell] {
    const std::vector<CommandEntry> all = commands_of(app);
    write_text("-", *shell == "bash" ? bash_completion(all) : zsh_completion(all));
  });
}

void add_man(CLI::App& app, int&) {
  CLI::App* c = app.add_subcommand("man", "Print the manual page");
  c->footer("Example: framegauge man | man -l -");
  c->callback([&app] { write_text("-", man_page(commands_of(app))); });
}

}  // namespace fg
