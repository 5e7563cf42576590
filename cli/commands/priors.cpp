#include <fmt/core.h>

#include <cmath>
#include <memory>

#include "cli/address.hpp"
#include "cli/commands/commands.hpp"
#include "cli/time_text.hpp"
#include "compile/bundle_share.hpp"
#include "fleet/together/terms_json.hpp"

namespace ganglion::cli {
namespace {

using nlohmann::json;

struct Options {
    fleet::ApiAddress address{"127.0.0.1", kDefaultHttpPort, ""};
    std::filesystem::path project;
};

void show(const Options& options) {
    const json state = fleet::get_json(options.address, "/api/priors");
    if (state.at("priors").empty())
        fmt::print("no class of devices shares what it learns: ./ganglion priors allow FILE\n");
    for (const json& one : state.at("priors")) {
        const auto group = one.at("class").get<std::string>();
        fmt::print(
            "{} {}{}: {} contributors of at least {}; a contribution costs rho {:g} "
            "(epsilon {:.1f} at delta 1e-5)\n",
            one.at("application").get<std::string>(), one.at("version").get<std::string>(),
            group.empty() ? "" : ", " + group, one.at("contributors").get<uint32_t>(),
            one.at("needed").get<uint32_t>(), one.at("rho").get<double>(),
            one.at("epsilon").get<double>());
        const json& prior = one.at("prior");
        if (prior.is_null()) continue;
        fmt::print("  prior {} of {}, from {} devices: {}\n", prior.at("sequence").get<uint32_t>(),
                   date_text(prior.at("time_ms").get<int64_t>()),
                   prior.at("contributors").get<uint32_t>(), prior.at("values").dump());
    }
    for (const json& one : state.at("refused"))
        fmt::print("refused  {}  {:<24} {:<20} {}\n", date_text(one.at("time_ms").get<int64_t>()),
                   one.at("device").get<std::string>(), one.at("of").get<std::string>(),
                   one.at("why").get<std::string>());
}

void allow(const Options& options) {
    const project::Project project = project::read(options.project);
    const auto terms = compile::share_terms(project);
    if (!terms)
        throw std::runtime_error(options.project.string() +
                                 ": has no [share]: its devices share nothing");
    fleet::call_api(options.address, "put",
                    "/api/priors/" + project.application.name + "/" + project.application.version,
                    fleet::together::to_json(*terms));
    const auto cost = fleet::together::cost_of(*terms, terms->contributions);
    fmt::print(
        "devices of {} {} may share what they learn, each at most {} times: rho {:g} in all\n",
        project.application.name, project.application.version, terms->contributions, cost.rho);
}

}  // namespace

void add_priors(CLI::App& program) {
    auto options = std::make_shared<Options>();
    auto* command = add_command(program, "priors",
                                "What new devices begin with: learned by others of their class, "
                                "from noised parameters alone;\nwho contributed at what privacy "
                                "cost, and what was refused",
                                "./ganglion priors allow apps/machine/ganglion.toml\n"
                                "  ./ganglion priors");
    command->require_subcommand(0, 1)->fallthrough();
    add_address_options(*command, options->address);
    auto* allowing = command->add_subcommand(
        "allow", "Take contributions of an application's version, on the terms of its [share]");
    allowing->add_option("project", options->project, "its ganglion.toml")
        ->required()
        ->check(CLI::ExistingFile);
    allowing->callback([options] { allow(*options); });
    command->callback([options, command] {
        if (command->get_subcommands().empty()) show(*options);
    });
}

}  // namespace ganglion::cli
