#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "cli/address.hpp"
#include "cli/commands/commands.hpp"

namespace ganglion::cli {
namespace {

using nlohmann::json;

struct Options {
    fleet::ApiAddress address{"127.0.0.1", kDefaultHttpPort, ""};
    size_t cycles = 12, decisions = 10;
};

std::string time_of_day(uint64_t time_s) {
    return fmt::format("{:02}:{:02}", time_s / 3600 % 24, time_s / 60 % 60);
}

double kilowatts(const json& from, const char* name) {
    return from.at(name).get<double>() / 1e3;
}

void show(const Options& options) {
    const json state = fleet::get_json(options.address, "/api/coordination");
    if (!state.at("running").get<bool>()) {
        fmt::print(
            "nothing is coordinated: PUT /api/coordination sets up feeders and generators\n");
        return;
    }
    const json& cycles = state.at("cycles");
    fmt::print(
        "time    measured  scheduled  local rules   storages      tasks   price  over  left out\n");
    for (size_t i = cycles.size() - std::min(cycles.size(), options.cycles); i < cycles.size();
         ++i) {
        const json& one = cycles[i];
        // A cycle's measurement comes with the next one.
        const bool measured = i + 1 < cycles.size();
        fmt::print(
            "{}  {:>5} kW  {:6.0f} kW    {:6.0f} kW  {:6.0f} kW  {:6.0f} kW  {:6.0f}  {:4}  {:8}\n",
            time_of_day(one.at("time_s").get<uint64_t>()),
            measured ? fmt::format("{:.0f}", kilowatts(cycles[i + 1], "measured_w")) : "",
            kilowatts(one, "scheduled_w"), kilowatts(one, "local_w"), kilowatts(one, "storage_w"),
            kilowatts(one, "tasks_w"), one.at("price").get<double>(),
            one.at("over").get<uint64_t>(), one.at("left_out").get<uint64_t>());
    }
    fmt::print("\n");
    for (const json& one : state.at("feeders")) {
        const auto fault = one.at("fault").get<std::string>();
        fmt::print("{}: {:.0f} of {:.0f} kW, {} devices{}\n", one.at("id").get<std::string>(),
                   kilowatts(one, "measured_w"), kilowatts(one, "most_w"),
                   one.at("devices").get<uint64_t>(), fault.empty() ? "" : ": " + fault);
    }
    fmt::print("\n");
    const json& decisions = state.at("decisions");
    for (size_t i = 0; i < std::min(decisions.size(), options.decisions); ++i) {
        const json& one = decisions[decisions.size() - 1 - i];
        fmt::print("{}  {} {}: {}\n", time_of_day(one.at("time_s").get<uint64_t>()),
                   one.at("kind").get<std::string>(), one.at("object").get<std::string>(),
                   one.at("why").get<std::string>());
    }
}

}  // namespace

void add_grid(CLI::App& program) {
    auto options = std::make_shared<Options>();
    auto* command = add_command(program, "grid",
                                "What the coordinator does: demand and supply of the last cycles "
                                "beside what local rules\nalone would have done, feeders, and why "
                                "each decision was taken",
                                "./ganglion grid --cycles 24 --decisions 5");
    add_address_options(*command, options->address);
    command->add_option("--cycles", options->cycles, "newest cycles")->capture_default_str();
    command->add_option("--decisions", options->decisions, "newest decisions")
        ->capture_default_str();
    command->callback([options] { show(*options); });
}

}  // namespace ganglion::cli
