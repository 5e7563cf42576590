#include <fmt/core.h>

#include <cmath>
#include <memory>

#include "cli/address.hpp"
#include "cli/commands/commands.hpp"
#include "cli/time_text.hpp"

namespace ganglion::cli {
namespace {

using nlohmann::json;

struct Options {
    fleet::ApiAddress address{"127.0.0.1", kDefaultHttpPort, ""};
    std::string span = "day", device;
    uint32_t steps = 60, threshold = 500;
};

std::string movement(const json& finding, const std::string& span) {
    if (finding.at("shape") == "step")
        return fmt::format("jumped by {:+.0f} permille", finding.at("jump").get<double>());
    return fmt::format("moves by {:+.1f} permille a {}", finding.at("slope").get<double>(), span);
}

void show(const Options& options) {
    const json insight = fleet::get_json(
        options.address, fmt::format("/api/insight?span={}&steps={}&threshold={}", options.span,
                                     options.steps, options.threshold));
    fmt::print("{} devices with a history of up to {} {}s\n", insight.at("devices").get<uint64_t>(),
               options.steps, options.span);
    for (const json& one : insight.at("rising")) {
        const json& latest = one.at("latest");
        fmt::print("rising    {}: {} in {:.0f} {}s (95 %: {:.0f} to {})\n",
                   one.at("device").get<std::string>(), options.threshold,
                   one.at("steps_left").get<double>(), options.span,
                   one.at("earliest").get<double>(),
                   latest.is_null() ? "never" : fmt::format("{:.0f}", latest.get<double>()));
    }
    for (const json& one : insight.at("unlike_peers")) {
        fmt::print("unlike    {} {} against its peers\n", one.at("device").get<std::string>(),
                   movement(one.at("finding"), options.span));
    }
    for (const json& one : insight.at("site_events")) {
        fmt::print("site      {}: {:.0f} % of its devices move alike, it {}\n",
                   one.at("site").get<std::string>(), 100 * one.at("sharing").get<double>(),
                   movement(one.at("finding"), options.span));
    }
    for (const json& one : insight.at("common_causes")) {
        fmt::print("cause     {} {}: {} of its {} devices from {}, {} elsewhere (p = {:.1g})\n",
                   one.at("attribute").get<std::string>(), one.at("value").get<std::string>(),
                   one.at("affected").get<uint32_t>(), one.at("members").get<uint32_t>(),
                   date_text(one.at("begin_ms").get<int64_t>()),
                   one.at("elsewhere").get<uint32_t>(), one.at("p").get<double>());
    }
    for (const json& one : insight.at("versions")) {
        fmt::print("version   {}: {:.2f} alerts an hour{}, scores {:.2f} from expected{}\n",
                   one.at("version").get<std::string>(), one.at("alerts_per_hour").get<double>(),
                   one.at("alerts_differ").get<bool>() ? ", unlike the others" : "",
                   one.at("distance").get<double>(),
                   one.at("drifted").get<bool>() ? ": drifted" : "");
    }
}

void similar(const Options& options) {
    for (const json& one : fleet::get_json(
             options.address, fmt::format("/api/insight/similar?device={}&span={}&steps={}",
                                          options.device, options.span, options.steps))) {
        fmt::print("{}: correlation {:.2f}, {:.1f} deviations\n",
                   one.at("device").get<std::string>(), one.at("correlation").get<double>(),
                   one.at("growth").get<double>());
    }
}

}  // namespace

void add_insight(CLI::App& program) {
    auto options = std::make_shared<Options>();
    auto* command = add_command(
        program, "insight",
        "What only the whole fleet shows: devices that rise towards a threshold or are\n"
        "unlike their peers, site events, common causes, versions that drift",
        "./ganglion insight --span hour --steps 72\n"
        "  ./ganglion insight --similar-to pump-7");
    add_address_options(*command, options->address);
    command->add_option("--span", options->span, "steps of the histories: hour or day")
        ->check(CLI::IsMember({"hour", "day"}))
        ->capture_default_str();
    command->add_option("--steps", options->steps, "how far back")->capture_default_str();
    command->add_option("--threshold", options->threshold, "permille that rising scores lead to")
        ->capture_default_str();
    command->add_option("--similar-to", options->device,
                        "instead: where does begin what this device failed of?");
    command->callback([options] { options->device.empty() ? show(*options) : similar(*options); });
}

}  // namespace ganglion::cli
