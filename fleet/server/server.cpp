#include "fleet/server/server.hpp"

#include <charconv>
#include <chrono>
#include <iostream>
#include <stdexcept>
#include <thread>
#include <utility>

#include "fleet/alert/alert_service.hpp"
#include "fleet/api/access_routes.hpp"
#include "fleet/api/coordination_routes.hpp"
#include "fleet/api/enrol_routes.hpp"
#include "fleet/api/fleet_routes.hpp"
#include "fleet/api/forget_route.hpp"
#include "fleet/api/http_api.hpp"
#include "fleet/api/incident_routes.hpp"
#include "fleet/api/insight_routes.hpp"
#include "fleet/api/privacy_routes.hpp"
#include "fleet/api/release_routes.hpp"
#include "fleet/api/shared_events.hpp"
#include "fleet/api/together_routes.hpp"
#include "fleet/base/files.hpp"
#include "fleet/base/port.hpp"
#include "fleet/broker/broker.hpp"
#include "fleet/broker/eviction.hpp"
#include "fleet/coordinate/coordination_service.hpp"
#include "fleet/coordinate/coordinator_key.hpp"
#include "fleet/enrol/enrolment.hpp"
#include "fleet/ingest/ingest.hpp"
#include "fleet/insight/fleet_insight.hpp"
#include "fleet/nats/absence.hpp"
#include "fleet/nats/admission.hpp"
#include "fleet/nats/nats_link.hpp"
#include "fleet/privacy/ledger.hpp"
#include "fleet/rollout/update_service.hpp"
#include "fleet/store/open_store.hpp"
#include "fleet/store/retention.hpp"
#include "fleet/together/together_service.hpp"

namespace ganglion::fleet {
namespace {

constexpr auto kConnectLimit = std::chrono::seconds(15);
constexpr double kLogInsPerSecond = 0.1;
constexpr double kLogInBurst = 10;
constexpr double kEnrolmentsPerSecond = 1;
constexpr double kEnrolmentBurst = 50;
constexpr const char* kIngestGroup = "ingest";
constexpr uint32_t kCountedIncidents = 10'000;

std::filesystem::path audit_file(const std::filesystem::path& state_dir) {
    return state_dir / "audit.jsonl";
}

std::filesystem::path port_file(const ServerConfig& config) {
    return config.state_dir / "mqtt-port";
}

/// The port asked for, else the one that devices of this folder were told, else a free one.
uint16_t choose_mqtt_port(const ServerConfig& config) {
    if (config.mqtt_port != 0) return config.mqtt_port;
    uint16_t port = 0;
    if (std::filesystem::exists(port_file(config))) {
        const std::string text = read_file(port_file(config));
        std::from_chars(text.data(), text.data() + text.size(), port);
    }
    return port != 0 ? port : pick_free_port();
}

bool is_on_nats(const ServerConfig& config) {
    return config.broker != "mosquitto";
}

/// Whether certificates, rollouts and coordination are this server's.
bool is_authority(const ServerConfig& config) {
    return config.identity.empty();
}

std::unique_ptr<Broker> own_broker(const ServerConfig& config, const Pki& pki, const Log& log) {
    if (is_on_nats(config)) return nullptr;
    return std::make_unique<Broker>(config.state_dir / "broker", broker_setup(pki),
                                    choose_mqtt_port(config), log);
}

MqttConfig mqtt_config(const Pki& pki, uint16_t port, const char* name, const std::string& id) {
    MqttConfig config;
    config.port = port;
    config.id = id;
    config.ca_file = pki.ca_file();
    config.certificate_file = pki.certificate_file(name);
    config.key_file = pki.key_file(name);
    return config;
}

OpenLink cluster_link(const ServerConfig& config, const Pki& pki, const std::string& group,
                      const Log& log) {
    NatsConfig nats{nats_urls(config.broker), pki.ca_file(), pki.certificate_file("server"),
                    pki.key_file("server")};
    if (!is_authority(config))
        nats = {nats.urls, config.identity / "ca.pem", config.identity / "server.pem",
                config.identity / "server.key"};
    return nats_link(nats, group, log);
}

const ServerConfig& prepared(const ServerConfig& config) {
    create_private_directory(config.state_dir);
    return config;
}

}  // namespace

/// In order of dependence; taken down in the opposite order.
struct Server::Parts {
    Parts(const ServerConfig& config, const Log& log)
        : lock(prepared(config).state_dir),
          pki(Pki::create(config.state_dir / "pki")),
          opened(open_store(config.store, config.state_dir)),
          store(*opened),
          enrolment(config.state_dir / "enrolment.db", pki),
          access(config.state_dir / "access.db"),
          audit(audit_file(config.state_dir)),
          releases(config.state_dir / "releases"),
          rollouts(config.state_dir / "rollouts.db", releases,
                   [this](const AuditEntry& entry) { audit.append(entry); }),
          shared_learning(config.state_dir / "together.db"),
          privacy(config.state_dir / "privacy.db", store,
                  [this](int64_t from_ms, int64_t to_ms) {
                      return shared_learning.spent(from_ms, to_ms);
                  }),
          incidents(config.state_dir / "incidents.db",
                    [this] { return insight::members_of(store); }),
          broker(own_broker(config, pki, log)),
          stream(store),
          is_shared(config.store != "sqlite"),
          ingest(
              link(config, "server", Pki::server_id, kIngestGroup, log), store,
              [this](const Committed& committed) { tell(committed); }, log),
          alerts(
              store, incidents, [this] { return fault(); },
              [this](int64_t at_ms) { return privacy.breaches(at_ms); }, log),
          retention(store, config.keep_days, log),
          http(all_routes(begun_services(config, log)), access, stream,
               {.port = config.http_port,
                .dashboard_dir = config.dashboard_dir,
                .health = [this] { return fault(); },
                .metrics = [this] { return metrics(); },
                .log = log}) {
        rollouts.set_attributes(store.attributes());
        if (broker) write_private_file(port_file(config), std::to_string(broker->port()) + "\n");
        enrolment.sweep();
    }

    /// A part's way to the devices.
    OpenLink link(const ServerConfig& config, const char* files, const char* id,
                  const std::string& group, const Log& log) const {
        if (!broker) return cluster_link(config, pki, group, log);
        return mqtt_link(mqtt_config(pki, broker->port(), files, id));
    }

    /// What depends on where the broker is and whose the authority is; comes before the API.
    const ServerConfig& begun_services(const ServerConfig& config, const Log& log) {
        if (!broker)
            absence = std::make_unique<Absence>(
                store, config.absent_after, [this](const Committed& committed) { tell(committed); },
                log);
        if (is_shared) shared_events = std::make_unique<SharedEvents>(store, stream, log);
        if (!is_authority(config)) return config;
        updates = std::make_unique<UpdateService>(link(config, "updates", Pki::updates_id, "", log),
                                                  rollouts, releases, log);
        coordination = std::make_unique<CoordinationService>(
            link(config, "coordinator", Pki::coordinator_id, "", log), config.state_dir,
            coordinator_key(config.state_dir), store, audit, log);
        together = std::make_unique<TogetherService>(
            link(config, "together", Pki::together_id, "", log), shared_learning,
            coordinator_key(config.state_dir), store, audit, log);
        if (!broker) {
            admission = std::make_unique<Admission>(cluster_link(config, pki, "", log), pki, log);
            enrolment.set_broker({[this] { admission->tell_list(); },
                                  [this](const std::string& device) { admission->evict(device); }});
        } else {
            enrolment.set_broker(
                {[this] { broker->reload(); },
                 [this, log](const std::string& device) { throw_off(device, log); }});
        }
        return config;
    }

    void throw_off(const std::string& device, const Log& log) const {
        pki.write_eviction_identity(device);
        if (!evict(mqtt_config(pki, broker->port(), "eviction", device)))
            log("enrolment: the broker does not let " + device +
                " be thrown off; it cannot come back");
    }

    /// What this server has stored. Events reach the stream by their ids where others store too.
    void tell(const Committed& committed) {
        if (!is_shared) return stream.publish(committed);
        Committed devices;
        devices.devices = committed.devices;
        stream.publish(devices);
    }

    std::optional<std::string> fault() const {
        if (broker && broker->pid() < 0) return "the broker is being started again";
        return ingest.fault();
    }

    Routes all_routes(const ServerConfig& config) {
        Routes routes = fleet_routes(store, stream);
        for (Route& route : access_routes(access, audit, log_ins, audit_file(config.state_dir)))
            routes.push_back(std::move(route));
        const auto said = [this](const std::string& device, const Attributes& attributes) {
            rollouts.set_attributes({{device, attributes}});
        };
        for (Routes more :
             {insight_routes(store, audit, said), incident_routes(incidents, audit),
              privacy_routes(privacy, pki, audit),
              forget_route(
                  [this](const std::string& device) { return ingest.tell_to_forget(device); },
                  audit)})
            routes.insert(routes.end(), more.begin(), more.end());
        if (!is_authority(config)) return routes;
        for (Routes more : {release_routes(releases, audit), rollout_routes(rollouts),
                            enrol_routes(enrolment, audit, enrolments),
                            coordination_routes(*coordination), together_routes(*together)})
            routes.insert(routes.end(), more.begin(), more.end());
        return routes;
    }

    std::vector<Metric> metrics() {
        const Summary summary = store.summary();
        const auto number = [](uint64_t value) {
            return std::vector<std::pair<std::string, double>>{{"", static_cast<double>(value)}};
        };
        return {
            {"ganglion_up", "1 where all parts of the server work.", "gauge", number(!fault())},
            {"ganglion_devices", "Devices that were ever heard.", "gauge", number(summary.devices)},
            {"ganglion_devices_online", "Devices that are connected.", "gauge",
             number(summary.online)},
            {"ganglion_events_total", "Events stored.", "counter", number(summary.events)},
            {"ganglion_bytes_sensed_total", "Bytes that sensors gave.", "counter",
             number(summary.bytes_sensed)},
            {"ganglion_bytes_sent_total", "Bytes that left devices.", "counter",
             number(summary.bytes_sent)},
            {"ganglion_bytes_gate_total", "Bytes of samples that gates let out.", "counter",
             number(summary.bytes_gate)},
            {"ganglion_audit_entries_total", "Entries of the audit log.", "counter",
             number(audit.head().entries)},
            {"ganglion_incidents_open", "Incidents that are open.", "gauge",
             number(incidents.list(IncidentState::open, kCountedIncidents).size())},
            {"ganglion_messages_waiting", "Messages of alerting that no receiver has taken yet.",
             "gauge", number(incidents.waiting())}};
    }

    DirectoryLock lock;
    Pki pki;
    const std::unique_ptr<Store> opened;
    Store& store;
    Enrolment enrolment;
    Access access;
    AuditLog audit;
    ReleaseStore releases;
    RolloutEngine rollouts;
    RateLimit log_ins{kLogInsPerSecond, kLogInBurst};
    RateLimit enrolments{kEnrolmentsPerSecond, kEnrolmentBurst};
    together::TogetherStore shared_learning;
    PrivacyLedger privacy;
    Incidents incidents;
    std::unique_ptr<Broker> broker;
    EventStream stream;
    bool is_shared;
    Ingest ingest;
    std::unique_ptr<SharedEvents> shared_events;
    std::unique_ptr<Absence> absence;
    std::unique_ptr<UpdateService> updates;
    std::unique_ptr<CoordinationService> coordination;
    std::unique_ptr<TogetherService> together;
    std::unique_ptr<Admission> admission;
    AlertService alerts;
    Retention retention;
    HttpApi http;
};

Server::Server(ServerConfig config) : config_(std::move(config)) {
    if (!config_.log) {
        config_.log = [](std::string_view line) { std::cerr << std::string(line) + "\n"; };
    }
}

Server::~Server() = default;

void Server::start() {
    if (parts_) return;
    parts_ = std::make_unique<Parts>(config_, config_.log);
    const auto limit = std::chrono::steady_clock::now() + kConnectLimit;
    while (parts_->fault() && std::chrono::steady_clock::now() < limit) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    if (const auto fault = parts_->fault()) {
        parts_.reset();
        throw std::runtime_error(
            "the fleet server does not start: " + *fault +
            (is_on_nats(config_)
                 ? " at " + config_.broker
                 : "; see " + (config_.state_dir / "broker" / "mosquitto.log").string()));
    }
}

void Server::stop() {
    parts_.reset();
}

uint16_t Server::mqtt_port() const {
    return parts().broker ? parts().broker->port() : 0;
}
uint16_t Server::http_port() const {
    return parts().http.port();
}
std::string Server::url() const {
    return std::string("http://") + loopback + ":" + std::to_string(http_port()) + "/";
}
Pki& Server::pki() {
    return parts().pki;
}
Store& Server::store() {
    return parts().store;
}
ReleaseStore& Server::releases() {
    return parts().releases;
}
void Server::tell(const std::string& device, const std::string& leaf, const std::string& payload) {
    parts().updates->send(device, leaf, payload);
}
std::optional<std::string> Server::fault() const {
    return parts().fault();
}
pid_t Server::broker_pid() const {
    return parts().broker ? parts().broker->pid() : -1;
}

Server::Parts& Server::parts() const {
    if (!parts_) throw std::runtime_error("the fleet server is not started");
    return *parts_;
}

}  // namespace ganglion::fleet
