#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fleet/access/rate_limit.hpp"
#include "fleet/alert/alert_service.hpp"
#include "fleet/api/event_stream.hpp"
#include "fleet/api/metrics.hpp"
#include "fleet/api/route.hpp"
#include "fleet/api/shared_events.hpp"
#include "fleet/base/files.hpp"
#include "fleet/coordinate/coordination_service.hpp"
#include "fleet/enrol/enrolment.hpp"
#include "fleet/ingest/ingest.hpp"
#include "fleet/nats/absence.hpp"
#include "fleet/nats/admission.hpp"
#include "fleet/privacy/ledger.hpp"
#include "fleet/rollout/update_service.hpp"
#include "fleet/server/bus.hpp"
#include "fleet/server/server.hpp"
#include "fleet/store/retention.hpp"
#include "fleet/together/together_service.hpp"

namespace ganglion::fleet {

/// One fleet: all that an organisation has, in its state folder, and nothing that another has.
/// Members in order of dependence; taken down in the opposite order.
struct FleetParts {
    /// `organisation`: empty for the installation's own. Throws std::runtime_error with one line.
    FleetParts(const ServerConfig& config, const std::string& organisation, const Log& log);

    /// All that the API does with this fleet.
    Routes routes(const ServerConfig& config);
    std::vector<Metric> metrics();
    /// What is wrong now, in one line; nothing when all is well.
    std::optional<std::string> fault() const;
    /// Whether every service hears its devices.
    bool is_connected() const;

    DirectoryLock lock;
    Pki pki;
    const std::unique_ptr<Store> opened;
    Store& store;
    Enrolment enrolment;
    Access access;
    AuditLog audit;
    ReleaseStore releases;
    RolloutEngine rollouts;
    RateLimit log_ins;
    RateLimit enrolments;
    together::TogetherStore shared_learning;
    PrivacyLedger privacy;
    Incidents incidents;
    Bus bus;
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

  private:
    void begin_services(const ServerConfig& config, const Log& log);
    void tell(const Committed& committed);
};

}  // namespace ganglion::fleet
