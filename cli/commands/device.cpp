#include <fmt/core.h>

#include <memory>
#include <stdexcept>

#include "cli/address.hpp"
#include "cli/commands/commands.hpp"

namespace ganglion::cli {
namespace {

using nlohmann::json;

struct Options {
    fleet::ApiAddress address{"127.0.0.1", kDefaultHttpPort, ""};
    std::string id;
    std::vector<std::string> attributes;
};

void list(const Options& options) {
    const json attributes = fleet::get_json(options.address, "/api/attributes");
    for (const json& row : fleet::get_json(options.address, "/api/devices")) {
        const auto id = row.at("id").get<std::string>();
        std::string shared;
        for (const auto& [name, value] : attributes.value(id, json::object()).items())
            shared += " " + name + "=" + value.get<std::string>();
        fmt::print("{:<24} {:<8} {:<16}{}\n", id,
                   row.at("online").get<bool>() ? "online" : "offline",
                   row.at("application").get<std::string>(), shared);
    }
}

void set(const Options& options) {
    json attributes = json::object();
    for (const std::string& pair : options.attributes) {
        const size_t equals = pair.find('=');
        if (equals == std::string::npos)
            throw std::runtime_error(pair + ": write NAME=VALUE, e.g. site=north");
        attributes[pair.substr(0, equals)] = pair.substr(equals + 1);
    }
    fleet::call_api(options.address, "put", "/api/devices/" + options.id + "/attributes",
                    {{"attributes", attributes}});
}

}  // namespace

void add_device(CLI::App& program) {
    auto options = std::make_shared<Options>();
    auto* command = add_command(program, "device", "Devices, and what they share with others",
                                "./ganglion device set pump-7 site=north line=2 batch=B7");
    command->require_subcommand(1)->fallthrough();
    add_address_options(*command, options->address);
    command->add_subcommand("list", "Every device with what it shares")->callback([options] {
        list(*options);
    });
    auto* setting = command->add_subcommand(
        "set", "Say what a device shares with others, in place of what was said before");
    setting->add_option("id", options->id, "of the device")->required();
    setting->add_option("attributes", options->attributes, "NAME=VALUE ...");
    setting->callback([options] { set(*options); });
}

}  // namespace ganglion::cli
