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
    std::string owner, label, id, scope = "viewer";
    int days = 90;
};

void list(const Options& options) {
    for (const auto& row : fleet::get_json(options.address, "/api/tokens")) {
        fmt::print("{}  {:<24} {:<9} until {}  {}\n", row.at("id").get<std::string>(),
                   row.at("owner").get<std::string>(), row.at("scope").get<std::string>(),
                   date_text(row.at("expires_ms").get<int64_t>()),
                   row.at("label").get<std::string>());
    }
}

/// Without a token yet, the operator's own password opens the way to the first one.
void add(Options options) {
    if (options.address.token.empty()) {
        options.address.token =
            fleet::log_in(options.address, options.owner, ask_password(options.owner));
    }
    const auto answer = fleet::call_api(options.address, "post", "/api/tokens",
                                        {{"owner", options.owner},
                                         {"scope", options.scope},
                                         {"label", options.label},
                                         {"days", options.days}});
    fmt::print(stderr, "shown this once:\n");
    fmt::print("{}\n", answer.at("secret").get<std::string>());
}

}  // namespace

void add_token(CLI::App& program) {
    auto options = std::make_shared<Options>();
    auto* command = add_command(program, "token", "Let programs use the fleet in somebody's name",
                                "export GANGLION_TOKEN=$(./ganglion token add ada --label shell)");
    command->require_subcommand(1)->fallthrough();
    add_address_options(*command, options->address);
    command->add_subcommand("list", "All tokens, without their secrets")->callback([options] {
        list(*options);
    });
    auto* adding = command->add_subcommand("add", "A new token; its secret is printed once");
    adding->add_option("operator", options->owner, "in whose name it acts")->required();
    adding->add_option("--scope", options->scope, "viewer, operator or owner")
        ->capture_default_str();
    adding->add_option("--label", options->label, "what it is for")->required();
    adding->add_option("--days", options->days, "it lives")
        ->capture_default_str()
        ->check(CLI::Range(1, 366));
    adding->callback([options] { add(*options); });
    auto* revoking = command->add_subcommand("revoke", "Make a token worthless at once");
    revoking->add_option("id", options->id, "as `ganglion token list` shows it")->required();
    revoking->callback([options] {
        fleet::call_api(options->address, "delete", "/api/tokens/" + options->id);
        fmt::print("token {} is worthless now\n", options->id);
    });
}

}  // namespace ganglion::cli
