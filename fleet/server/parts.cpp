#include "fleet/server/parts.hpp"

#include <chrono>
#include <utility>

#include "fleet/api/access_routes.hpp"
#include "fleet/api/coordination_routes.hpp"
#include "fleet/api/enrol_routes.hpp"
#include "fleet/api/fleet_routes.hpp"
#include "fleet/api/forget_route.hpp"
#include "fleet/api/incident_routes.hpp"
#include "fleet/api/insight_routes.hpp"
#include "fleet/api/privacy_routes.hpp"
#include "fleet/api/release_routes.hpp"
#include "fleet/api/together_routes.hpp"
#include "fleet/coordinate/coordinator_key.hpp"
#include "fleet/insight/fleet_insight.hpp"
#include "fleet/store/open_store.hpp"

namespace ganglion::fleet {
namespace {

constexpr double kLogInsPerSecond = 0.1;
constexpr double kLogInBurst = 10;
constexpr double kEnrolmentsPerSecond = 1;
constexpr double kEnrolmentBurst = 50;
constexpr uint32_t kCountedIncidents = 10'000;

std::filesystem::path audit_file(const std::filesystem::path& state_dir) {
    return state_dir / "audit.jsonl";
}

/// Whether certificates, rollouts and coordination are this server's.
bool is_authority(const ServerConfig& config) {
    return config.identity.empty();
}

const ServerConfig& prepared(const ServerConfig& config) {
    create_private_directory(config.state_dir);
    return config;
}

}  // namespace

FleetParts::FleetParts(const ServerConfig& config, const std::string& organisation, const Log& log)
    : lock(prepared(config).state_dir),
      pki(Pki::create(config.state_dir / "pki")),
      opened(open_store(config.store, config.state_dir, organisation)),
      store(*opened),
      enrolment(config.state_dir / "enrolment.db", pki),
      access(config.state_dir / "access.db", {}, organisation),
      audit(audit_file(config.state_dir)),
      releases(config.state_dir / "releases"),
      rollouts(config.state_dir / "rollouts.db", releases,
               [this](const AuditEntry& entry) { audit.append(entry); }),
      log_ins(kLogInsPerSecond, kLogInBurst),
      enrolments(kEnrolmentsPerSecond, kEnrolmentBurst),
      shared_learning(config.state_dir / "together.db"),
      privacy(
          config.state_dir / "privacy.db", store,
          [this](int64_t from_ms, int64_t to_ms) { return shared_learning.spent(from_ms, to_ms); }),
      incidents(config.state_dir / "incidents.db", [this] { return insight::members_of(store); }),
      bus(config, organisation, pki, log),
      stream(store),
      is_shared(config.store != "sqlite"),
      ingest(
          bus.shared_link(), store, [this](const Committed& committed) { tell(committed); }, log),
      alerts(
          store, incidents, [this] { return fault(); },
          [this](int64_t at_ms) { return privacy.breaches(at_ms); }, log),
      retention(store, config.keep_days, log) {
    begin_services(config, log);
    rollouts.set_attributes(store.attributes());
    enrolment.sweep();
}

/// What depends on where the broker is and whose the authority is.
void FleetParts::begin_services(const ServerConfig& config, const Log& log) {
    const bool is_behind_edges = bus.kind() == BusKind::nats;
    if (is_behind_edges)
        absence = std::make_unique<Absence>(
            store, config.absent_after, [this](const Committed& committed) { tell(committed); },
            log);
    if (is_shared) shared_events = std::make_unique<SharedEvents>(store, stream, log);
    if (!is_authority(config)) return;
    updates = std::make_unique<UpdateService>(bus.link("updates"), rollouts, releases, log);
    coordination =
        std::make_unique<CoordinationService>(bus.link("coordinator"), config.state_dir,
                                              coordinator_key(config.state_dir), store, audit, log);
    together =
        std::make_unique<TogetherService>(bus.link("together"), shared_learning,
                                          coordinator_key(config.state_dir), store, audit, log);
    if (is_behind_edges) {
        admission = std::make_unique<Admission>(bus.link("server"), pki, log);
        enrolment.set_broker({[this] { admission->tell_list(); },
                              [this](const std::string& device) { admission->evict(device); }});
    } else {
        enrolment.set_broker({[this] { bus.carry_list(); },
                              [this](const std::string& device) { bus.throw_off(device); }});
    }
}

/// What this server has stored. Events reach the stream by their ids where others store too.
void FleetParts::tell(const Committed& committed) {
    if (!is_shared) return stream.publish(committed);
    Committed devices;
    devices.devices = committed.devices;
    stream.publish(devices);
}

std::optional<std::string> FleetParts::fault() const {
    std::string fault = bus.fault();
    return fault.empty() ? ingest.fault() : std::move(fault);
}

bool FleetParts::is_connected() const {
    return (!updates || updates->is_connected()) &&
           (!coordination || coordination->is_connected()) &&
           (!together || together->is_connected());
}

Routes FleetParts::routes(const ServerConfig& config) {
    Routes all = fleet_routes(store, stream);
    for (Route& route : access_routes(access, audit, log_ins, audit_file(config.state_dir)))
        all.push_back(std::move(route));
    const auto said = [this](const std::string& device, const Attributes& attributes) {
        rollouts.set_attributes({{device, attributes}});
    };
    for (Routes more :
         {insight_routes(store, audit, said), incident_routes(incidents, audit),
          privacy_routes(privacy, pki, audit),
          forget_route([this](const std::string& device) { return ingest.tell_to_forget(device); },
                       audit)})
        all.insert(all.end(), more.begin(), more.end());
    if (!is_authority(config)) return all;
    for (Routes more : {release_routes(releases, audit), rollout_routes(rollouts),
                        enrol_routes(enrolment, audit, enrolments),
                        coordination_routes(*coordination), together_routes(*together)})
        all.insert(all.end(), more.begin(), more.end());
    return all;
}

std::vector<Metric> FleetParts::metrics() {
    const Summary summary = store.summary();
    const auto number = [](uint64_t value) {
        return std::vector<std::pair<std::string, double>>{{"", static_cast<double>(value)}};
    };
    return {
        {"ganglion_up", "1 where all parts of the server work.", "gauge", number(!fault())},
        {"ganglion_devices", "Devices that were ever heard.", "gauge", number(summary.devices)},
        {"ganglion_devices_online", "Devices that are connected.", "gauge", number(summary.online)},
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

}  // namespace ganglion::fleet
