#include "fleet/nats/edge.hpp"

#include <iostream>
#include <memory>

#include "cli/commands/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/log_format.hpp"

namespace ganglion::cli {
namespace {

void run(const fleet::EdgeConfig& config) {
    catch_interrupts();
    const fleet::Edge edge(config);
    std::cout << "broker   mqtts://127.0.0.1:" << edge.mqtt_port() << "\ncluster  " << config.nats
              << "\nCtrl-C ends it\n"
              << std::flush;
    wait_for_interrupt();
}

}  // namespace

void add_edge(CLI::App& program) {
    auto config = std::make_shared<fleet::EdgeConfig>();
    auto* command = add_command(
        program, "edge",
        "Where devices connect in a fleet on NATS: a broker that carries what they say to the "
        "cluster's servers",
        "./ganglion edge --directory cluster/edge-north --nats nats://a.example.org:4222,"
        "b.example.org:4222");
    command
        ->add_option("--directory", config->directory,
                     "the folder that ganglion fleet nats-config made for this edge")
        ->required();
    command->add_option("--nats", config->nats, "nodes of the cluster, or the site's own")
        ->required();
    command->add_option("--mqtt-port", config->mqtt_port,
                        "of the broker; 0: as before, or any free one");
    auto format = std::make_shared<fleet::LogFormat>(fleet::LogFormat::text);
    add_log_format(*command, *format);
    command->callback([config, format] {
        config->log = fleet::stderr_log(*format);
        run(*config);
    });
}

}  // namespace ganglion::cli
