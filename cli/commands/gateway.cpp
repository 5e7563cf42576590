#include "fleet/gateway/gateway.hpp"

#include <charconv>
#include <iostream>
#include <memory>

#include "cli/commands/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/log_format.hpp"

namespace ganglion::cli {
namespace {

struct Options {
    fleet::GatewayConfig gateway;
    std::string listen = "127.0.0.1:7700", broker;
    fleet::LogFormat log_format = fleet::LogFormat::text;
};

void run(Options options) {
    const size_t colon = options.listen.rfind(':');
    const std::string port = colon == std::string::npos ? "" : options.listen.substr(colon + 1);
    auto& lines = options.gateway.lines;
    const auto read = std::from_chars(port.data(), port.data() + port.size(), lines.port);
    if (port.empty() || read.ec != std::errc() || read.ptr != port.data() + port.size())
        throw std::runtime_error(options.listen + ": write ADDRESS:PORT, e.g. 192.168.7.1:7700");
    options.gateway.brokers = fleet::mqtt_addresses(options.broker);
    lines.address = options.listen.substr(0, colon);
    options.gateway.log = fleet::stderr_log(options.log_format);
    catch_interrupts();
    fleet::Gateway gateway(options.gateway);
    std::cout << "lines from  " << lines.address << ':' << gateway.port() << "\nwaiting     "
              << gateway.waiting() << " events\nCtrl-C ends it\n"
              << std::flush;
    wait_for_interrupt();
}

}  // namespace

void add_gateway(CLI::App& program) {
    auto options = std::make_shared<Options>();
    options->gateway.state_dir = "ganglion-gateway";
    auto* command = add_command(
        program, "gateway",
        "Speak for devices without a network of their own: events as lines from serial ports and "
        "TCP, kept on the disk until the server has them",
        "./ganglion gateway --identities identities --broker mqtts://localhost:8883 --serial "
        "/dev/ttyUSB0\n"
        "  echo '{\"device\":\"press-3\",\"number\":17,\"label\":\"hot\",\"score\":870}' | nc -N "
        "localhost 7700");
    command
        ->add_option("--identities", options->gateway.identities,
                     "folder with a folder for each device, made by ganglion device enrol")
        ->required();
    command
        ->add_option("--broker", options->broker,
                     "mqtts://host:port,...: where the fleet's devices connect")
        ->required();
    command->add_option("--state", options->gateway.state_dir, "folder for what waits")
        ->capture_default_str();
    command->add_option("--listen", options->listen, "ADDRESS:PORT for lines over TCP")
        ->capture_default_str();
    command->add_option("--serial", options->gateway.lines.serial, "ports to read lines from");
    command->add_option("--baud", options->gateway.lines.baud, "of the serial ports")
        ->capture_default_str();
    command
        ->add_option("--most-events", options->gateway.most_events,
                     "kept while the server is away, some 100 bytes each; then the oldest go")
        ->check(CLI::Range(uint64_t{1}, uint64_t{1'000'000'000}))
        ->capture_default_str();
    add_log_format(*command, options->log_format);
    command->callback([options] { run(*options); });
}

}  // namespace ganglion::cli
