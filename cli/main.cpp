#include <csignal>

#include "cli/commands/commands.hpp"
#include "cli/run_program.hpp"

int main(int argc, char** argv) {
    CLI::App program(
        "Ganglion turns sensors into thinkers: recordings become a small judged model, the model a "
        "signed\n"
        "bundle, the bundle a device that decides on the spot, and many devices a fleet you can "
        "watch.",
        "ganglion");
    program.require_subcommand(1);
    program.set_version_flag("--version", "ganglion " GANGLION_VERSION);
    program.footer(
        "Start here:\n"
        "  ./ganglion demo                two emulated microcontrollers decide, a fleet server "
        "hears of it\n"
        "  ./ganglion COMMAND --help      what a command takes, with an example\n"
        "  ./ganglion test                every test (handled by the launcher, like `check`)");
    std::signal(SIGPIPE, SIG_IGN);  // a closed pipe or socket is an error code here, not an end

    using namespace ganglion::cli;
    add_demo(program);
    add_device(program);
    add_apps(program);
    add_train(program);
    add_search(program);
    add_quantize(program);
    add_edge(program);
    add_evaluate(program);
    add_card(program);
    add_compile(program);
    add_bundle(program);
    add_serve(program);
    add_gateway(program);
    add_events(program);
    add_insight(program);
    add_grid(program);
    add_priors(program);
    add_incident(program);
    add_fleet(program);
    add_operator(program);
    add_organisation(program);
    add_token(program);
    add_release(program);
    add_rollout(program);
    add_audit(program);
    add_bench(program);

    return run_program(program, argc, argv);
}
