#include <fmt/core.h>

#include <memory>

#include "cli/commands/commands.hpp"
#include "cli/password.hpp"
#include "fleet/server/organisations.hpp"

namespace ganglion::cli {
namespace {

struct Options {
    std::filesystem::path state = "ganglion-fleet";
    std::string name, owner;
};

}  // namespace

void add_organisation(CLI::App& program) {
    auto options = std::make_shared<Options>();
    auto* command = add_command(
        program, "organisation",
        "Several organisations in one installation, each with devices, operators and data of its "
        "own",
        "./ganglion organisation add acme --owner ada --state ganglion-fleet\n"
        "  ./ganglion token add ada --organisation acme --label shell");
    command->require_subcommand(1)->fallthrough();
    command->add_option("--state", options->state, "the server's folder")->capture_default_str();
    auto* add = command->add_subcommand(
        "add", "Make one with its first owner; the server runs it from its next start on");
    add->add_option("name", options->name, "1 to 32 of a-z, 0-9 and _")->required();
    add->add_option("--owner", options->owner, "its first operator; asks for a password")
        ->required();
    add->callback([options] {
        fleet::add_organisation(options->state, options->name, options->owner,
                                ask_new_password(options->owner));
        fmt::print("{} is there when the server starts again; {} is its owner\n", options->name,
                   options->owner);
    });
    command->add_subcommand("list", "Those of a state folder")->callback([options] {
        for (const std::string& name : fleet::organisations_in(options->state))
            fmt::print("{}\n", name);
    });
}

}  // namespace ganglion::cli
