#include "cli/demo/demo.hpp"

#include <memory>

#include "cli/application.hpp"
#include "cli/commands/commands.hpp"
#include "cli/demo/grid_demo.hpp"

namespace ganglion::cli {
namespace {

void add_grid_demo(CLI::App& demo) {
    auto options = std::make_shared<GridDemoOptions>();
    auto* command =
        add_command(demo, "grid",
                    "A grid of homes, each a real client of a real fleet server: power is "
                    "balanced\ncentrally while every home has the last word",
                    "./ganglion demo grid --homes 200 --keep-running");
    command->add_option("--homes", options->homes, "50 on a feeder")
        ->check(CLI::Range(50, 2000))
        ->capture_default_str();
    command->add_option("--from", options->from_hour, "hours after noon that it begins")
        ->check(CLI::Range(0, 12))
        ->capture_default_str();
    command->add_option("--hours", options->hours, "that it lives through")
        ->check(CLI::Range(1, 12))
        ->capture_default_str();
    command->add_option("--speed", options->speed, "times as fast as the clock")
        ->check(CLI::Range(1, 900))
        ->capture_default_str();
    command->add_option("--seed", options->seed, "of homes, weather and cars")
        ->capture_default_str();
    command->add_flag("--keep-running", options->keep_running, "go on until Ctrl-C");
    command->add_option("--state", options->state,
                        "folder for everything it keeps; default: a new temporary one");
    command->add_option("--port", options->http_port, "of the page; default 8042, or a free one");
    command->add_option("--json", options->json, "write the summary to this file too");
    command->callback([options] { run_grid_demo(*options); });
}

}  // namespace

void add_demo(CLI::App& program) {
    auto options = std::make_shared<DemoOptions>();
    auto* command = add_command(program, "demo",
                                "The whole path: a fleet server and emulated Cortex-M4F devices "
                                "that sense, decide and report",
                                "./ganglion demo --cut-network 20s --keep-running");
    auto* application = command->add_option(
        "application", options->application,
        "name in apps/, folder or ganglion.toml: this one alone, over recordings of --data");
    options->data = default_data();
    command->add_option("--data", options->data, "folder of recordings with their manifests")
        ->needs(application);
    command->add_option("--split", options->split, "of those recordings")
        ->capture_default_str()
        ->check(CLI::IsMember({"train", "val", "test"}))
        ->needs(application);
    command
        ->add_flag("--record", options->record,
                   "keep what the board needed in apps/NAME/figures.json")
        ->needs(application);
    auto* audio = command->add_option(
        "--audio", options->audio,
        "WAV or FLAC for the smart speaker; default: speech made by this machine");
    audio->excludes(application);
    command
        ->add_flag("--microphone", options->microphone,
                   "the smart speaker hears this machine's microphone")
        ->excludes(audio)
        ->excludes(application);
    command
        ->add_option("--vibration", options->vibration,
                     "CSV of acceleration in g for the motor guard; default: a simulated motor")
        ->excludes(application);
    command->add_option("--vibration-rate", options->vibration_rate_hz,
                        "samples per second of that CSV; default: the sensor's");
    command
        ->add_option("--cut-network", options->cut_network_seconds,
                     "pull the devices' network cable for so long, e.g. 20s")
        ->transform(CLI::AsNumberWithUnit(
            std::map<std::string, double>{{"s", 1}, {"ms", 0.001}, {"min", 60}}));
    command->add_flag("--keep-running", options->keep_running,
                      "stay up with the page after the summary");
    command->add_flag("--fast", options->fast, "let device time run as fast as this machine can");
    command->add_option("--state", options->state,
                        "folder for everything it keeps; default: a new temporary one");
    command->add_option("--port", options->http_port, "of the page; default 8042, or a free one");
    command->add_option("--mqtt-port", options->mqtt_port, "of the broker; default: a free one");
    command->add_option("--json", options->json, "write the summary to this file too");
    add_grid_demo(*command);
    command->callback([command, options] {
        if (command->get_subcommands().empty()) run_demo(*options);
    });
}

}  // namespace ganglion::cli
