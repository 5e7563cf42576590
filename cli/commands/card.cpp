#include "train/report/card.hpp"

#include <fmt/core.h>

#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "cli/application.hpp"
#include "cli/commands/commands.hpp"
#include "cli/files.hpp"
#include "model/tflite.hpp"
#include "train/evaluate/device_run.hpp"
#include "train/report/labelled_card.hpp"

namespace ganglion::cli {
namespace {

void run(const std::string& application) {
    const auto project = find_application(application);
    const auto folder = project.model_file.parent_path();
    const train::DeviceRun device(project, model::read_tflite_file(project.model_file));
    const std::string variant =
        project.path.stem() == "ganglion" ? std::string() : "_" + project.path.stem().string();
    const auto report_file = folder / ("report" + variant + ".json");
    const auto card_file = folder / ("MODEL_CARD" + variant + ".md");
    std::ifstream in(report_file);
    auto report = nlohmann::json::parse(in, nullptr, false);
    if (!report.is_object()) {
        throw std::runtime_error(report_file.string() + ": no report; `ganglion train` makes it");
    }
    const train::ModelCost cost{device.report(), device.ram_bytes(), device.bundle_bytes()};
    const std::string card = project.decision.kind == project::DecisionRule::classes
                                 ? train::refreshed_labelled_card(report, project, cost)
                                 : train::refreshed_card(report, cost);
    write_text(report_file, report.dump(1) + "\n");
    write_text(card_file, card);
    fmt::print("{} bytes of RAM, a bundle of {} bytes: in {}\n", device.ram_bytes(),
               device.bundle_bytes(), card_file.string());
}

}  // namespace

void add_card(CLI::App& program) {
    auto application = std::make_shared<std::string>();
    auto* command = add_command(
        program, "card",
        "Write RAM and flash anew into an application's card, after the compiler has changed; its "
        "decisions, whose bits no compiler changes, stay as they were judged",
        "./ganglion card wake_word");
    command->add_option("application", *application, "name in apps/, folder or ganglion.toml")
        ->required();
    command->callback([application] { run(*application); });
}

}  // namespace ganglion::cli
