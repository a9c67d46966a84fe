#pragma once
// The subcommands. Each add_... function adds one to the app; its callback runs it and sets exit_code, or
// throws Failure. To add a command: one file here, one line in commands.cpp.

namespace CLI {
class App;
}

namespace fg {

void add_commands(CLI::App& app, int& exit_code);  // all of them

void add_view(CLI::App& app, int& exit_code);
void add_eval(CLI::App& app, int& exit_code);
void add_diff(CLI::App& app, int& exit_code);
void add_drr(CLI::App& app, int& exit_code);
void add_register(CLI::App& app, int& exit_code);
void add_bench(CLI::App& app, int& exit_code);
void add_bench_tick(CLI::App& bench, int& exit_code);  // a suite of it
void add_bench_drr(CLI::App& bench, int& exit_code);   // another one
void add_doctor(CLI::App& app, int& exit_code);
void add_completion(CLI::App& app, int& exit_code);  // of the whole app
void add_man(CLI::App& app, int& exit_code);

}  // namespace fg
