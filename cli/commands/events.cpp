#include <fmt/core.h>

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/address.hpp"
#include "cli/commands/commands.hpp"
#include "cli/interrupt.hpp"
#include "fleet/client/follower.hpp"

namespace ganglion::cli {
namespace {

struct Options {
    fleet::ApiAddress address{"127.0.0.1", kDefaultHttpPort, ""};
    uint32_t limit = 20;
    bool follow = false;
    bool json = false;
};

void print(const nlohmann::json& event, bool json) {
    std::cout << (json ? event.dump() : fleet::to_line(event)) << '\n' << std::flush;
}

void run(const Options& options) {
    const auto stored =
        fleet::get_json(options.address, "/api/events?limit=" + std::to_string(options.limit));
    for (const auto& event : stored.at("events")) print(event, options.json);
    if (!options.follow) return;
    catch_interrupts();
    fleet::follow(
        options.address, stored.at("last").get<int64_t>(),
        {.event = [&](const nlohmann::json& event) { print(event, options.json); },
         .device = [](const nlohmann::json&) {},
         .lost = [](const std::string& reason) { std::cerr << "ganglion: " << reason << '\n'; }},
        interrupted());
}

}  // namespace

void add_events(CLI::App& program) {
    auto options = std::make_shared<Options>();
    auto* command = add_command(program, "events", "Show what the fleet's devices have decided",
                                "./ganglion events --follow");
    command->add_flag("--follow,-f", options->follow, "go on as events arrive, until Ctrl-C");
    command->add_option("--limit", options->limit, "latest stored events to begin with")
        ->capture_default_str()
        ->check(CLI::Range(1, 1000));
    add_address_options(*command, options->address);
    command->add_flag("--json", options->json, "one JSON object a line");
    command->callback([options] { run(*options); });
}

}  // namespace ganglion::cli
