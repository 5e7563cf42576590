#include <fmt/core.h>

#include <memory>

#include "cli/address.hpp"
#include "cli/commands/commands.hpp"
#include "cli/password.hpp"
#include "cli/time_text.hpp"

namespace ganglion::cli {
namespace {

struct Options {
    fleet::ApiAddress address{"127.0.0.1", kDefaultHttpPort, ""};
    std::string name, role = "viewer";
};

const char* const kRoles = "viewer: reads; operator: also acts on devices; owner: also decides who";

void list(const Options& options) {
    for (const auto& row : fleet::get_json(options.address, "/api/operators")) {
        fmt::print("{:<24} {:<9} since {}\n", row.at("name").get<std::string>(),
                   row.at("role").get<std::string>(),
                   date_text(row.at("created_ms").get<int64_t>()));
    }
}

void add(const Options& options) {
    fleet::call_api(options.address, "post", "/api/operators",
                    {{"name", options.name},
                     {"role", options.role},
                     {"password", ask_new_password(options.name)}});
    fmt::print("{} is {} of this fleet now\n", options.name, options.role);
}

CLI::App* named(CLI::App& command, const std::string& name, const std::string& what,
                const std::shared_ptr<Options>& options) {
    auto* sub = command.add_subcommand(name, what);
    sub->add_option("name", options->name, "of the operator")->required();
    return sub;
}

}  // namespace

void add_operator(CLI::App& program) {
    auto options = std::make_shared<Options>();
    auto* command = add_command(program, "operator",
                                "Say who may use the fleet (nobody yet: everybody on the machine)",
                                "./ganglion operator add ada --role owner");
    command->require_subcommand(1)->fallthrough();
    add_address_options(*command, options->address);
    command->add_subcommand("list", "Who may use it")->callback([options] { list(*options); });
    auto* adding = named(*command, "add", "Let somebody in; asks for a password", options);
    adding->add_option("--role", options->role, kRoles)->capture_default_str();
    adding->callback([options] { add(*options); });
    auto* changing = named(*command, "role", "Change what somebody may do", options);
    changing->add_option("--role", options->role, kRoles)->required();
    changing->callback([options] {
        fleet::call_api(options->address, "put", "/api/operators/" + options->name,
                        {{"role", options->role}});
        fmt::print("{} is {} now\n", options->name, options->role);
    });
    named(*command, "remove", "Shut somebody out at once", options)->callback([options] {
        fleet::call_api(options->address, "delete", "/api/operators/" + options->name);
        fmt::print("{} is out, with all sessions and tokens\n", options->name);
    });
}

}  // namespace ganglion::cli
