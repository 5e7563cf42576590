#include <fmt/core.h>

#include <cctype>
#include <memory>

#include "cli/address.hpp"
#include "cli/commands/commands.hpp"
#include "cli/files.hpp"
#include "cli/json_table.hpp"
#include "cli/time_text.hpp"
#include "fleet/backup/backup.hpp"
#include "fleet/broker/mqtt_plan.hpp"
#include "fleet/nats/cluster_config.hpp"
#include "fleet/privacy/ledger.hpp"
#include "fleet/store/migrate.hpp"

namespace ganglion::cli {
namespace {

using nlohmann::json;

struct Options {
    fleet::ApiAddress address{"127.0.0.1", kDefaultHttpPort, ""};
    std::filesystem::path state = "ganglion-fleet", backup, file, ca;
    std::string device, database;
    std::vector<std::string> query;
    bool as_json = false;
    std::vector<std::string> nodes, edges;
    fleet::MqttPlan broker;
    int64_t gate = 0, sent = 0;
};
using Shared = std::shared_ptr<Options>;

/// A value of a query (RFC 3986, section 2.1).
std::string percent_encoded(const std::string& value) {
    std::string text;
    for (const char c : value) {
        const bool is_plain = (std::isalnum(static_cast<unsigned char>(c)) != 0) || c == '-' ||
                              c == '.' || c == '_' || c == '~';
        text +=
            is_plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return text;
}

void show(const Options& options) {
    std::string path = "/api/" + options.device;
    char before = '?';
    for (const std::string& pair : options.query) {
        const size_t equals = pair.find('=');
        if (equals == std::string::npos)
            throw std::runtime_error(pair + ": write NAME=VALUE, e.g. device=pump-7");
        path += before + pair.substr(0, equals + 1) + percent_encoded(pair.substr(equals + 1));
        before = '&';
    }
    const json answer = fleet::get_json(options.address, path);
    fmt::print("{}", options.as_json ? answer.dump(1) + "\n" : table_text(answer));
}

void add_show(CLI::App& command, const Shared& options) {
    auto* showing = command.add_subcommand(
        "show",
        "Any answer of the API: summary, versions, gaps, gate, rollups, ... (those of "
        "/api/openapi.json)");
    showing->add_option("what", options->device, "e.g. gaps, devices/pump-7/update")->required();
    showing->add_option("query", options->query, "NAME=VALUE, e.g. device=pump-7 limit=10");
    showing->add_flag("--json", options->as_json, "as it is, not as a table");
    showing->callback([options] { show(*options); });
}

void add_backups(CLI::App& command, const Shared& options) {
    auto* backup = command.add_subcommand(
        "backup", "Copy a state folder, also while its server runs; on the server's machine");
    backup->add_option("backup", options->backup, "new folder")->required();
    backup->add_option("--state", options->state, "the server's folder")->capture_default_str();
    backup->callback([options] {
        uint64_t bytes = 0;
        const auto files = fleet::back_up(options->state, options->backup);
        for (const auto& file : files) bytes += file.bytes;
        fmt::print("{} files, {} bytes in {}; keep it as secret as the state folder\n",
                   files.size(), bytes, options->backup.string());
    });
    auto* verify = command.add_subcommand("verify", "Is a backup whole?");
    verify->add_option("backup", options->backup, "its folder")->required();
    verify->callback([options] {
        const auto faults = fleet::faults_of_backup(options->backup);
        for (const std::string& fault : faults) fmt::print("{}\n", fault);
        if (!faults.empty())
            throw std::runtime_error(options->backup.string() + " must not be restored");
        fmt::print("{} is whole\n", options->backup.string());
    });
    auto* restore = command.add_subcommand("restore", "Make a state folder of a backup");
    restore->add_option("backup", options->backup, "its folder")->required();
    restore->add_option("--state", options->state, "folder to make")->capture_default_str();
    restore->callback([options] {
        fleet::restore(options->backup, options->state);
        fmt::print("ganglion serve --state {} goes on from there\n", options->state.string());
    });
}

void add_migrate(CLI::App& command, const Shared& options) {
    auto* migrate = command.add_subcommand(
        "migrate", "Copy a stopped server's events and devices from SQLite to PostgreSQL");
    migrate->add_option("--state", options->state, "the server's folder")->capture_default_str();
    migrate->add_option("--to", options->database, "postgresql:// URI of an empty database")
        ->required();
    migrate->callback([options] {
        fleet::migrate_to_postgres(options->state, options->database,
                                   [](const fleet::MigratedTable& table) {
                                       fmt::print("{:<12} {:>12} rows\n", table.name, table.rows);
                                   });
        fmt::print(
            "counted again in PostgreSQL: all there; go on with ganglion serve --state {} "
            "--store {}\n",
            options->state.string(), options->database);
    });
}

void add_nats_config(CLI::App& command, const Shared& options) {
    auto* plan = command.add_subcommand(
        "nats-config",
        "Configuration and certificates of a NATS cluster, its edges and further "
        "servers; from the state folder of the server with the authority");
    plan->add_option("--state", options->state, "the server's folder")->capture_default_str();
    plan->add_option("--node", options->nodes,
                     "host of a node, as the others reach it; again for each")
        ->required();
    plan->add_option("--edge", options->edges,
                     "name of an edge, or ORGANISATION/name; again for each")
        ->required();
    plan->add_option("--out", options->file, "folder for what it makes")->required();
    plan->callback([options] {
        fleet::NatsPlan cluster;
        for (const std::string& host : options->nodes) cluster.nodes.push_back({.host = host});
        cluster.edges = options->edges;
        fleet::Pki pki = fleet::Pki::create(options->state / "pki");
        fleet::write_nats_plan(pki, cluster, options->file);
        fmt::print(
            "in {}: node-1 to node-{}, edge-NAME for each edge, server; keys are in them: carry "
            "them safely\n",
            options->file.string(), cluster.nodes.size());
    });
}

void add_mqtt_config(CLI::App& command, const Shared& options) {
    auto* plan = command.add_subcommand(
        "mqtt-config",
        "Configuration, access list and certificates of a mosquitto that servers share, and of "
        "further servers; from the state folder of the server with the authority");
    plan->add_option("--state", options->state, "the server's folder")->capture_default_str();
    plan->add_option("--host", options->broker.host,
                     "by which devices and servers reach the broker")
        ->required();
    plan->add_option("--broker-port", options->broker.port, "where it listens")
        ->capture_default_str();
    plan->add_option("--server", options->broker.servers,
                     "name of a further server; again for each");
    plan->add_option("--out", options->file, "folder for what it makes")->required();
    plan->callback([options] {
        fleet::Pki pki = fleet::Pki::create(options->state / "pki");
        fleet::write_mqtt_plan(pki, options->broker, options->file);
        fmt::print(
            "in {}: broker, server-NAME for each further server; keys are in them: carry them "
            "safely\n",
            options->file.string());
    });
}

void add_privacy(CLI::App& command, const Shared& options) {
    auto* privacy = command.add_subcommand("privacy", "What left each device on each day");
    privacy->callback([options] {
        for (const json& day : fleet::get_json(options->address, "/api/privacy")) {
            fmt::print(
                "{}  {:<24} sensed {:>12}  sent {:>10}  samples {:>10}  shared {:>5}, rho "
                "{:g} of {:g} so far{}\n",
                date_text(day.at("day_ms").get<int64_t>()).substr(0, 10),
                day.at("device").get<std::string>(), day.at("bytes_sensed").get<uint64_t>(),
                day.at("bytes_sent").get<uint64_t>(), day.at("bytes_gate").get<uint64_t>(),
                day.at("bytes_shared").get<uint64_t>(), day.at("rho").get<double>(),
                day.at("rho_so_far").get<double>(),
                day.at("breach").get<bool>() ? "  over its budget" : "");
        }
    });
    auto* budget = command.add_subcommand("budget", "What a device may let out in a day, bytes");
    budget->add_option("device", options->device, "its id; *: every one without its own")
        ->required();
    budget->add_option("--samples", options->gate, "of samples through the gate")->required();
    budget->add_option("--sent", options->sent, "in all")->required();
    budget->callback([options] {
        fleet::call_api(options->address, "put", "/api/privacy/budgets/" + options->device,
                        {{"bytes_gate", options->gate}, {"bytes_sent", options->sent}});
    });
    auto* exporting = command.add_subcommand("export", "The same, signed, for an auditor");
    exporting->add_option("file", options->file, "to write")->required();
    exporting->callback([options] {
        write_text(options->file,
                   fleet::get_json(options->address, "/api/privacy/export").dump(1) + "\n");
    });
    auto* audit = command.add_subcommand("check-export", "Has this fleet signed an export?");
    audit->add_option("file", options->file, "the export")->required();
    audit->add_option("--ca", options->ca, "the fleet's pki/ca.pem, which the auditor has kept")
        ->required();
    audit->callback([options] {
        const json exported = json::parse(read_text(options->file), nullptr, false);
        if (const auto fault = fleet::fault_of_export(exported, read_text(options->ca)))
            throw std::runtime_error(options->file.string() + ": " + *fault);
        fmt::print("signed by this fleet's server, unchanged\n");
    });
}

}  // namespace

void add_fleet(CLI::App& program) {
    auto options = std::make_shared<Options>();
    auto* command =
        add_command(program, "fleet",
                    "What the fleet's server knows, its backups and clusters, and the account of "
                    "what leaves its devices",
                    "./ganglion fleet backup /backups/monday --state ganglion-fleet\n"
                    "  ./ganglion fleet verify /backups/monday\n"
                    "  ./ganglion fleet show rollups scope=site:north span=day\n"
                    "  ./ganglion fleet budget '*' --samples 128000 --sent 1000000\n"
                    "  ./ganglion fleet export november.json");
    command->require_subcommand(1)->fallthrough();
    add_address_options(*command, options->address);
    add_show(*command, options);
    add_backups(*command, options);
    add_migrate(*command, options);
    add_nats_config(*command, options);
    add_mqtt_config(*command, options);
    add_privacy(*command, options);
}

}  // namespace ganglion::cli
