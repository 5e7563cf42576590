#include "fleet/server/server.hpp"

#include <chrono>
#include <map>
#include <stdexcept>
#include <thread>
#include <utility>

#include "fleet/api/http_api.hpp"
#include "fleet/base/open_files.hpp"
#include "fleet/server/organisations.hpp"
#include "fleet/server/parts.hpp"

namespace ganglion::fleet {
namespace {

constexpr auto kConnectLimit = std::chrono::seconds(15);

ServerConfig config_of_organisation(const ServerConfig& installation, const std::string& name) {
    ServerConfig config = installation;
    config.state_dir = organisation_folder(installation.state_dir, name);
    config.mqtt_port = 0;
    config.log = [log = installation.log, name](std::string_view line) {
        log(name + "/" + std::string(line));
    };
    if (bus_kind(installation.broker) != BusKind::shared_broker) return config;
    // Two devices of the same name would throw each other off one broker.
    const auto broker = installation.organisation_brokers.find(name);
    if (broker == installation.organisation_brokers.end())
        throw std::runtime_error("organisation " + name + " has no broker: --organisation-broker " +
                                 name + "=mqtts://host:port");
    if (broker->second == installation.broker || !is_mqtt_url(broker->second))
        throw std::runtime_error("organisation " + name +
                                 " needs a broker of its own, mqtts://host:port");
    config.broker = broker->second;
    if (!config.identity.empty()) config.identity = config.identity / "organisations" / name;
    return config;
}

}  // namespace

/// The fleets, the installation's own first, and the API in front of them, which goes first.
struct Server::Running {
    std::map<std::string, std::unique_ptr<FleetParts>> fleets;
    std::unique_ptr<HttpApi> http;

    std::optional<std::string> fault() const {
        for (const auto& [organisation, parts] : fleets) {
            auto fault = parts->fault();
            if (!fault && !parts->is_connected())
                fault = "a service is not connected to the broker";
            if (fault) return organisation.empty() ? *fault : organisation + ": " + *fault;
        }
        return std::nullopt;
    }
};

Server::Server(ServerConfig config) : config_(std::move(config)) {
    if (!config_.log) config_.log = stderr_log();
}

Server::~Server() = default;

void Server::start() {
    if (running_) return;
    allow_open_files();  // the broker, begun from here, has one for each device
    auto running = std::make_unique<Running>();
    std::vector<Tenant> tenants;
    std::vector<std::string> organisations = organisations_in(config_.state_dir);
    organisations.insert(organisations.begin(), "");
    for (const std::string& name : organisations) {
        const ServerConfig config = name.empty() ? config_ : config_of_organisation(config_, name);
        FleetParts& parts =
            *running->fleets.emplace(name, std::make_unique<FleetParts>(config, name, config.log))
                 .first->second;
        tenants.push_back({name, parts.routes(config), parts.access, parts.stream,
                           [&parts] { return parts.metrics(); }});
    }
    running->http = std::make_unique<HttpApi>(
        std::move(tenants),
        HttpApi::Config{.port = config_.http_port,
                        .dashboard_dir = config_.dashboard_dir,
                        .health = [fleets = running.get()] { return fleets->fault(); },
                        .log = config_.log,
                        .front = config_.front});
    const auto limit = std::chrono::steady_clock::now() + kConnectLimit;
    auto fault = running->fault();
    while (fault && std::chrono::steady_clock::now() < limit) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        fault = running->fault();
    }
    if (fault) {
        const std::string where =
            bus_kind(config_.broker) == BusKind::own_broker
                ? "; see " + (config_.state_dir / "broker" / "mosquitto.log").string()
                : " at " + config_.broker;
        throw std::runtime_error("the fleet server does not start: " + *fault + where);
    }
    running_ = std::move(running);
}

void Server::stop() {
    running_.reset();
}

std::vector<std::string> Server::organisations() const {
    std::vector<std::string> names;
    for (const auto& [name, parts] : running().fleets) names.push_back(name);
    return names;
}
uint16_t Server::mqtt_port(const std::string& organisation) const {
    const Broker* const broker = parts(organisation).bus.own_broker();
    return broker != nullptr ? broker->port() : 0;
}
uint16_t Server::http_port() const {
    return running().http->port();
}
std::string Server::url() const {
    return running().http->url();
}
Pki& Server::pki(const std::string& organisation) {
    return parts(organisation).pki;
}
Store& Server::store(const std::string& organisation) {
    return parts(organisation).store;
}
ReleaseStore& Server::releases() {
    return parts("").releases;
}
void Server::tell(const std::string& device, const std::string& leaf, const std::string& payload) {
    parts("").updates->send(device, leaf, payload);
}
std::optional<std::string> Server::fault() const {
    return running().fault();
}
pid_t Server::broker_pid() const {
    const Broker* const broker = parts("").bus.own_broker();
    return broker != nullptr ? broker->pid() : -1;
}

Server::Running& Server::running() const {
    if (!running_) throw std::runtime_error("the fleet server is not started");
    return *running_;
}

FleetParts& Server::parts(const std::string& organisation) const {
    const auto& fleets = running().fleets;
    const auto found = fleets.find(organisation);
    if (found == fleets.end())
        throw std::runtime_error("there is no organisation '" + organisation + "'");
    return *found->second;
}

}  // namespace ganglion::fleet
