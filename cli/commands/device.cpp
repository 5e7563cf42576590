#include <fmt/core.h>

#include <filesystem>
#include <memory>
#include <stdexcept>

#include "cli/address.hpp"
#include "cli/commands/commands.hpp"
#include "cli/time_text.hpp"
#include "fleet/client/enrol_client.hpp"

namespace ganglion::cli {
namespace {

using nlohmann::json;

struct Options {
    fleet::ApiAddress address{"127.0.0.1", kDefaultHttpPort, ""};
    std::string id;
    std::vector<std::string> attributes;
    std::string code, reason;
    std::filesystem::path directory = "identity";
    uint32_t minutes = 60;
    bool replace = false;
};

void list(const Options& options) {
    const json attributes = fleet::get_json(options.address, "/api/attributes");
    std::string last;
    for (;;) {
        const json page = fleet::get_json(options.address, "/api/devices?limit=1000&after=" + last);
        for (const json& row : page) {
            last = row.at("id").get<std::string>();
            std::string shared;
            for (const auto& [name, value] : attributes.value(last, json::object()).items())
                shared += " " + name + "=" + value.get<std::string>();
            fmt::print("{:<24} {:<8} {:<16}{}\n", last,
                       row.at("online").get<bool>() ? "online" : "offline",
                       row.at("application").get<std::string>(), shared);
        }
        if (page.empty()) return;
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

void show_certificates(const Options& options) {
    for (const json& one :
         fleet::get_json(options.address, "/api/certificates?device=" + options.id)) {
        const auto revoked = one.at("revoked_ms").get<int64_t>();
        fmt::print("{}  until {}  {} {}\n", one.at("serial").get<std::string>(),
                   date_text(one.at("expires_ms").get<int64_t>()),
                   revoked == 0 ? "counts" : "revoked " + date_text(revoked),
                   one.at("reason").get<std::string>());
    }
}

void add_enrolment(CLI::App& command, const std::shared_ptr<Options>& options) {
    auto* claim = command.add_subcommand(
        "claim", "Make a code with which a device gets its certificate, once");
    claim->add_option("id", options->id, "that the device will have")->required();
    claim->add_option("--minutes", options->minutes, "how long the code is good")
        ->capture_default_str();
    claim->add_flag("--replace", options->replace, "put an end to the certificate it has now");
    claim->callback([options] {
        const json made = fleet::call_api(options->address, "post", "/api/claims",
                                          {{"device", options->id},
                                           {"minutes", options->minutes},
                                           {"replace", options->replace}});
        fmt::print("{}\n", made.at("code").get<std::string>());
    });
    auto* enrol =
        command.add_subcommand("enrol", "On the device: make its key here and get its certificate");
    enrol->add_option("code", options->code, "from `ganglion device claim`")->required();
    enrol->add_option("--identity", options->directory, "folder for key and certificate")
        ->capture_default_str();
    enrol->callback([options] {
        fmt::print("this is {} now\n",
                   fleet::enrol_device(options->address, options->code, options->directory));
    });
    auto* renew = command.add_subcommand(
        "renew", "On the device: a new key and certificate; the old one counts for a day more");
    renew->add_option("--identity", options->directory, "folder with key and certificate")
        ->capture_default_str();
    renew->callback([options] {
        fmt::print("{} has a new certificate\n",
                   fleet::renew_device(options->address, options->directory));
    });
    auto* revoke = command.add_subcommand("revoke", "Shut a device out at once");
    revoke->add_option("id", options->id, "of the device")->required();
    revoke->add_option("--reason", options->reason, "for the log")->required();
    revoke->callback([options] {
        fleet::call_api(options->address, "post", "/api/devices/" + options->id + "/revoke",
                        {{"reason", options->reason}});
        fmt::print("{} is out\n", options->id);
    });
    auto* certificates = command.add_subcommand("certificates", "What a device has and had");
    certificates->add_option("id", options->id, "of the device")->required();
    certificates->callback([options] { show_certificates(*options); });
}

}  // namespace

void add_device(CLI::App& program) {
    auto options = std::make_shared<Options>();
    auto* command =
        add_command(program, "device", "Devices: certificates, and what they share with others",
                    "./ganglion device set pump-7 site=north line=2 batch=B7\n"
                    "  ./ganglion device claim pump-7                      (here)\n"
                    "  ./ganglion device enrol CODE --identity identity    (there)");
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
    auto* forget = command->add_subcommand(
        "forget", "Tell a device to forget what it has learned: back to the factory state");
    forget->add_option("id", options->id, "of the device")->required();
    forget->add_option("--reason", options->reason, "for the log")->required();
    forget->callback([options] {
        fleet::call_api(options->address, "post", "/api/devices/" + options->id + "/forget",
                        {{"reason", options->reason}});
        fmt::print("{} was told to forget\n", options->id);
    });
    add_enrolment(*command, options);
}

}  // namespace ganglion::cli
