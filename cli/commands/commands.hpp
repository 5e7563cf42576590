#pragma once

#include <CLI/CLI.hpp>

/// The subcommands of `ganglion`, one file each. Each adds itself with its help and an example;
/// what it throws becomes one line on standard error and exit status 1.
namespace ganglion::cli {

void add_apps(CLI::App& program);
void add_audit(CLI::App& program);
void add_bench(CLI::App& program);
void add_bench_applications(CLI::App& bench);
void add_bench_chaos(CLI::App& bench);
void add_bench_coordination(CLI::App& bench);
void add_bench_costs(CLI::App& bench);
void add_bench_fleet(CLI::App& bench);
void add_bench_training(CLI::App& bench);
void add_bench_updates(CLI::App& bench);
void add_bundle(CLI::App& program);
void add_card(CLI::App& program);
void add_compile(CLI::App& program);
void add_demo(CLI::App& program);
void add_device(CLI::App& program);
void add_edge(CLI::App& program);
void add_evaluate(CLI::App& program);
void add_events(CLI::App& program);
void add_fleet(CLI::App& program);
void add_grid(CLI::App& program);
void add_incident(CLI::App& program);
void add_insight(CLI::App& program);
void add_operator(CLI::App& program);
void add_organisation(CLI::App& program);
void add_priors(CLI::App& program);
void add_quantize(CLI::App& program);
void add_release(CLI::App& program);
void add_rollout(CLI::App& program);
void add_search(CLI::App& program);
void add_gateway(CLI::App& program);
void add_serve(CLI::App& program);
void add_token(CLI::App& program);
void add_train(CLI::App& program);

/// Adds a subcommand whose help ends with an example.
inline CLI::App* add_command(CLI::App& program, const std::string& name, const std::string& what,
                             const std::string& example) {
    CLI::App* command = program.add_subcommand(name, what);
    command->footer("Example:\n  " + example);
    return command;
}

}  // namespace ganglion::cli
