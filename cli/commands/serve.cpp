#include <iostream>
#include <map>
#include <memory>
#include <stdexcept>

#include "cli/address.hpp"
#include "cli/commands/commands.hpp"
#include "cli/files.hpp"
#include "cli/interrupt.hpp"
#include "cli/log_format.hpp"
#include "fleet/server/server.hpp"
#include "fleet/server/stand_by.hpp"

namespace ganglion::cli {
namespace {

struct Options {
    std::filesystem::path state = "ganglion-fleet";
    std::string store = "sqlite";
    std::string broker = "mosquitto";
    std::filesystem::path identity, broker_ca, broker_folder;
    std::string on_revoked;
    std::vector<std::string> organisation_brokers;
    uint16_t http_port = kDefaultHttpPort;
    uint16_t mqtt_port = 0;
    fleet::FrontConfig front;
    uint32_t keep_days = 0;
    bool stands_by = false;
    fleet::LogFormat log_format = fleet::LogFormat::text;
};

/// "acme=mqtts://host:port" of each.
std::map<std::string, std::string> by_organisation(const std::vector<std::string>& texts) {
    std::map<std::string, std::string> brokers;
    for (const std::string& text : texts) {
        const size_t equals = text.find('=');
        if (equals == std::string::npos)
            throw std::runtime_error(text + ": write ORGANISATION=mqtts://host:port");
        brokers[text.substr(0, equals)] = text.substr(equals + 1);
    }
    return brokers;
}

void run(const Options& options) {
    catch_interrupts();
    const fleet::ServerConfig config{
        .state_dir = options.state,
        .store = options.store,
        .broker = options.broker,
        .identity = options.identity,
        .organisation_brokers = by_organisation(options.organisation_brokers),
        .broker_ca = options.broker_ca,
        .broker_folder = options.broker_folder,
        .on_revoked = options.on_revoked,
        .mqtt_port = options.mqtt_port,
        .http_port = options.http_port,
        .front = options.front,
        .dashboard_dir = source_root() / "dashboard" / "dist",
        .keep_days = options.keep_days,
        .log = fleet::stderr_log(options.log_format)};
    std::unique_ptr<fleet::Lease> lease;
    if (options.stands_by) {
        lease = fleet::stand_by(config, [] { return interrupted().load(); });
        if (!lease) return;
    }
    fleet::Server server(config);
    server.start();
    const std::string broker = server.mqtt_port() == 0
                                   ? options.broker
                                   : "mqtts://127.0.0.1:" + std::to_string(server.mqtt_port());
    std::cout << "page and API  " << server.url() << "\nbroker        " << broker
              << "\nstate         " << std::filesystem::absolute(options.state).string()
              << "\nCtrl-C ends it\n"
              << std::flush;
    wait_for_interrupt();
    server.stop();
}

}  // namespace

void add_serve(CLI::App& program) {
    auto options = std::make_shared<Options>();
    auto* command =
        add_command(program, "serve", "Run the fleet server: broker, store, API and page",
                    "./ganglion serve --state /var/lib/ganglion --port 8042");
    command->add_option("--state", options->state, "folder for everything it keeps")
        ->capture_default_str();
    command
        ->add_option("--store", options->store,
                     "sqlite: in the state folder; or the postgresql:// URI of a database that "
                     "servers share")
        ->capture_default_str();
    command
        ->add_option(
            "--broker", options->broker,
            "mosquitto: one of its own; mqtts://host:port,...: an MQTT 5 broker or cluster "
            "that devices connect to and servers share; or nats://host:port,...: a cluster "
            "that servers share and edges bring devices to (ganglion edge)")
        ->capture_default_str();
    command->add_option("--identity", options->identity,
                        "of a server beside the one with the authority: the folder \"server\" "
                        "that ganglion fleet nats-config made, or \"server-NAME\" of mqtt-config");
    command->add_option(
        "--organisation-broker", options->organisation_brokers,
        "at mqtts://: ORGANISATION=mqtts://host:port, a broker of its own for each");
    command->add_option("--broker-ca", options->broker_ca,
                        "at mqtts://: who has signed the broker's certificate, where that is not "
                        "the fleet's authority (PEM)");
    command->add_option("--broker-folder", options->broker_folder,
                        "at mqtts://, where mosquitto runs on this machine as the same user: the "
                        "folder \"broker\" of mqtt-config that it runs in, to have the revocation "
                        "list read there");
    command->add_option("--on-revoked", options->on_revoked,
                        "at mqtts://: shell command that carries the revocation list, \"$1\", to "
                        "the broker and has it read");
    command->add_option("--port", options->http_port, "of the page and the API; 0: any free one")
        ->capture_default_str();
    command
        ->add_option("--listen", options->front.listen,
                     "address of the page and the API; others than this machine's own need TLS")
        ->capture_default_str();
    command->add_option("--tls-certificate", options->front.certificate,
                        "of the page and the API: PEM, with those that lead to its authority");
    command->add_option("--tls-key", options->front.key, "its key (PEM)");
    command->add_option("--proxied-as", options->front.proxied_as,
                        "the host name under which a proxy before this server is reached, which "
                        "speaks TLS");
    command->add_option("--mqtt-port", options->mqtt_port, "of the broker; 0: as before, or free")
        ->capture_default_str();
    command
        ->add_option("--keep-days", options->keep_days,
                     "forget raw events and gate samples after so long; 0: never")
        ->capture_default_str();
    command->add_flag("--stand-by", options->stands_by,
                      "one of several servers with this state folder and a --store that they "
                      "share: wait until no other is the one with the authority");
    add_log_format(*command, options->log_format);
    command->callback([options] { run(*options); });
}

}  // namespace ganglion::cli
