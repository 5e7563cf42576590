#include <fmt/core.h>

#include <memory>

#include "cli/address.hpp"
#include "cli/commands/commands.hpp"
#include "cli/files.hpp"
#include "cli/time_text.hpp"

namespace ganglion::cli {
namespace {

using nlohmann::json;

struct Options {
    fleet::ApiAddress address{"127.0.0.1", kDefaultHttpPort, ""};
    std::string release, name, application, devices, state;
    std::vector<std::string> stages;
    std::vector<std::string> windows;
    std::vector<std::string> attributes;
    std::filesystem::path spec;
    uint32_t concurrency = 100;
    uint64_t bytes_per_second = 0;
    int64_t after = 0;
    int64_t id = 0;
    bool keep = false;
    bool plan = false;
};

/// "5%:2h": share and wait.
json stage_of(const std::string& text) {
    const size_t percent = text.find('%');
    double share = 0;
    double wait = 0;
    char unit = 's';
    int used = 0;
    const bool good =
        percent != std::string::npos && std::sscanf(text.c_str(), "%lf%%%n", &share, &used) == 1;
    const std::string rest = good ? text.substr(static_cast<size_t>(used)) : "";
    if (!good || (!rest.empty() && std::sscanf(rest.c_str(), ":%lf%c", &wait, &unit) < 1))
        throw std::runtime_error("'" + text + "' is no stage: write 5%:2h (share, wait after it)");
    const double seconds = unit == 'd' ? 86400 : unit == 'h' ? 3600 : unit == 'm' ? 60 : 1;
    return {{"share", share / 100}, {"wait_s", static_cast<int64_t>(wait * seconds)}};
}

/// "22:00-05:00".
json window_of(const std::string& text) {
    const size_t dash = text.find('-');
    if (dash == std::string::npos)
        throw std::runtime_error("'" + text + "' is no window: write 22:00-05:00 (UTC)");
    return {{"from", text.substr(0, dash)}, {"to", text.substr(dash + 1)}};
}

json spec_of(const Options& options) {
    json spec = options.spec.empty() ? json::object() : json::parse(read_text(options.spec));
    spec["release"] = options.release;
    if (!options.name.empty()) spec["name"] = options.name;
    if (!options.application.empty()) spec["application"] = options.application;
    if (!options.devices.empty()) spec["devices"] = options.devices;
    for (const std::string& pair : options.attributes) {
        const size_t equals = pair.find('=');
        if (equals == std::string::npos)
            throw std::runtime_error("'" + pair + "' is no attribute: write site=north");
        spec["attributes"][pair.substr(0, equals)] = pair.substr(equals + 1);
    }
    for (const std::string& stage : options.stages) spec["stages"].push_back(stage_of(stage));
    for (const std::string& window : options.windows) spec["windows"].push_back(window_of(window));
    if (!spec.contains("concurrency")) spec["concurrency"] = options.concurrency;
    if (options.bytes_per_second != 0) spec["bytes_per_second"] = options.bytes_per_second;
    if (options.after != 0) spec["after"] = options.after;
    return spec;
}

void create(const Options& options) {
    // The API wants the whole id.
    const auto release = fleet::get_json(options.address, "/api/releases/" + options.release);
    json spec = spec_of(options);
    spec["release"] = release.at("id");
    if (options.plan) {
        const auto plan = fleet::call_api(options.address, "post", "/api/rollouts/plan", spec);
        size_t number = 1;
        for (const auto& devices : plan.at("stages"))
            fmt::print("stage {}: {} devices, those before counted in\n", number++,
                       devices.get<int64_t>());
        return;
    }
    const auto made = fleet::call_api(options.address, "post", "/api/rollouts", spec);
    fmt::print("rollout {} has begun: watch it with `ganglion rollout show {}`\n",
               made.at("id").get<int64_t>(), made.at("id").get<int64_t>());
}

void list(const Options& options) {
    for (const auto& row : fleet::get_json(options.address, "/api/rollouts"))
        fmt::print("{:>4}  {:<12} stage {} of {}  {} {}  {}\n", row.at("id").get<int64_t>(),
                   row.at("state").get<std::string>(), row.at("stage").get<int>() + 1,
                   row.at("stages").size(), row.at("release_name").get<std::string>(),
                   row.at("version").get<std::string>(), row.at("why").get<std::string>());
}

void show(const Options& options) {
    const std::string path = "/api/rollouts/" + std::to_string(options.id);
    const auto row = fleet::get_json(options.address, path);
    fmt::print("rollout {}: {} {} ({}), {}\n{}\n\n", options.id,
               row.at("release_name").get<std::string>(), row.at("version").get<std::string>(),
               row.at("component").get<std::string>(), row.at("state").get<std::string>(),
               row.at("why").get<std::string>());
    size_t number = 0;
    for (const auto& stage : row.at("stages")) {
        ++number;
        fmt::print("stage {} ({:g} %), {} devices{}\n", number,
                   100 * stage.at("share").get<double>(), stage.at("devices").get<int64_t>(),
                   number == row.at("stage").get<size_t>() + 1 ? "  <- here" : "");
        for (const auto& [state, count] : stage.at("counts").items())
            fmt::print("  {:<14}{:>8}\n", state, count.get<int64_t>());
    }
    fmt::print("\ndecisions, newest first\n");
    for (const auto& decision : row.at("decisions"))
        fmt::print("{}  {:<12} {}\n", date_text(decision.at("time_ms").get<int64_t>()),
                   decision.at("kind").get<std::string>(), decision.at("text").get<std::string>());
}

void devices(const Options& options) {
    const std::string path = "/api/rollouts/" + std::to_string(options.id) + "/devices?limit=1000" +
                             (options.state.empty() ? "" : "&state=" + options.state);
    std::string after;
    for (;;) {
        std::string asked = path;
        if (!after.empty()) asked.append("&after=").append(after);
        const auto page = fleet::get_json(options.address, asked);
        for (const auto& row : page)
            fmt::print("{:<24} stage {}  {:<12} {}\n", row.at("device").get<std::string>(),
                       row.at("stage").get<int>() + 1, row.at("state").get<std::string>(),
                       row.at("reason").get<std::string>());
        if (page.size() < 1000) return;
        after = page.back().at("device").get<std::string>();
    }
}

void act(const Options& options, const std::string& what, const json& body) {
    fleet::call_api(options.address, "post",
                    "/api/rollouts/" + std::to_string(options.id) + "/" + what, body);
    const auto row =
        fleet::get_json(options.address, "/api/rollouts/" + std::to_string(options.id));
    fmt::print("rollout {} is {}\n", options.id, row.at("state").get<std::string>());
}

void add_create(CLI::App& command, const std::shared_ptr<Options>& options) {
    auto* made = add_command(command, "create", "Begin a rollout of a release",
                             "./ganglion rollout create 3f2a91c0 --application wake_word --stage "
                             "1%:4h --stage 10%:4h --stage 100%\n"
                             "  ./ganglion rollout create 3f2a91c0 --window 22:00-05:00 --plan");
    made->add_option("release", options->release, "id, as `ganglion release list` shows it")
        ->required();
    made->add_option("--stage", options->stages,
                     "share of the devices and the wait after it; 1%:1h, 10%:1h, 100% if not said");
    made->add_option("--application", options->application, "only devices that run it");
    made->add_option("--devices", options->devices, "only ids like this: speaker-*");
    made->add_option("--attribute", options->attributes,
                     "only devices with site=north, as `ganglion device set` said; all that are "
                     "given must hold");
    made->add_option("--window", options->windows, "offers only at this time of day, UTC");
    made->add_option("--concurrency", options->concurrency, "devices that fetch at the same time")
        ->capture_default_str();
    made->add_option("--bytes-per-second", options->bytes_per_second,
                     "over the broker; 0: no limit");
    made->add_option("--after", options->after, "a rollout that must be done first");
    made->add_option("--name", options->name, "for people");
    made->add_option("--spec", options->spec,
                     "JSON with these and more, gates too (docs/update.md)");
    made->add_flag("--plan", options->plan, "only say how many devices each stage would reach");
    made->callback([options] { create(*options); });
}

}  // namespace

void add_rollout(CLI::App& program) {
    auto options = std::make_shared<Options>();
    auto* command = add_command(program, "rollout",
                                "Bring a release to the fleet in stages that stop by themselves",
                                "./ganglion rollout list\n  ./ganglion rollout devices 3 --state "
                                "failed");
    command->require_subcommand(1)->fallthrough();
    add_address_options(*command, options->address);
    add_create(*command, options);
    command->add_subcommand("list", "All rollouts, newest first")->callback([options] {
        list(*options);
    });
    const auto one = [&](const char* name, const char* what, auto work) {
        auto* sub = command->add_subcommand(name, what);
        sub->add_option("rollout", options->id, "its number")->required();
        sub->callback([options, work] { work(*options); });
        return sub;
    };
    one("show", "Where its devices are, and every decision with its reason", show);
    one("devices", "Each device, and why it is where it is", devices)
        ->add_option("--state", options->state, "only in this state");
    one("pause", "No more offers for now", [](const Options& o) { act(o, "pause", nullptr); });
    one("resume", "Go on", [](const Options& o) { act(o, "resume", nullptr); });
    one("abort", "End it: what took the release goes back", [](const Options& o) {
        act(o, "abort", {{"keep", o.keep}});
    })->add_flag("--keep", options->keep, "what took it keeps it");
}

}  // namespace ganglion::cli
