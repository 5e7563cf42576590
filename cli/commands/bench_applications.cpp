#include <fmt/core.h>

#include <iostream>
#include <memory>

#include "cli/application.hpp"
#include "cli/commands/commands.hpp"
#include "cli/figures.hpp"
#include "cli/files.hpp"
#include "cli/progress.hpp"

namespace ganglion::cli {
namespace {

struct Options {
    std::filesystem::path data;
    std::filesystem::path json;
    std::string split = "test";
    std::vector<std::string> applications;
    bool record = false;
};

std::vector<project::Project> chosen(const std::vector<std::string>& names) {
    if (names.empty()) return all_applications();
    std::vector<project::Project> applications;
    applications.reserve(names.size());
    for (const std::string& name : names) applications.push_back(find_application(name));
    return applications;
}

void run(const Options& options) {
    std::vector<bench::Row> rows;
    for (const project::Project& project : chosen(options.applications)) {
        ProgressLine line;
        const auto judged =
            judge_on(project, options.data, options.split, [&](size_t done, size_t all) {
                line.show(shown_name(project),
                          all == 0 ? 0 : static_cast<double>(done) / static_cast<double>(all), 0,
                          "");
            });
        line.finish();
        const auto own = to_rows(project, judged);
        if (options.record) record(project, own);
        rows.insert(rows.end(), own.begin(), own.end());
    }
    std::cout << bench::to_text(rows);
    if (!options.json.empty()) write_text(options.json, bench::to_json(rows).dump(2) + "\n");
}

}  // namespace

void add_bench_applications(CLI::App& bench) {
    auto options = std::make_shared<Options>();
    options->data = default_data();
    auto* command = add_command(
        bench, "applications",
        "How well each application decides over recordings, by the exact device pipeline. Figures\n"
        "with a goal are errors: smaller is better.",
        "./ganglion bench applications --data recordings --json applications.json");
    command->add_option("--data", options->data, "folder of recordings with their manifests")
        ->capture_default_str();
    command->add_option("--split", options->split, "train, val or test")
        ->capture_default_str()
        ->check(CLI::IsMember({"train", "val", "test"}));
    command->add_option("--application", options->applications,
                        "only this one; may be repeated (default: all)");
    command->add_option("--json", options->json, "also write the rows to this file");
    command->add_flag("--record", options->record,
                      "keep each application's rows in apps/NAME/figures.json");
    command->callback([options] { run(*options); });
}

}  // namespace ganglion::cli
