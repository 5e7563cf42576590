#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What alerting speaks of: alarms come in, incidents are what people see, deliveries are what they
// are sent. Times are milliseconds since 1970 in UTC.

namespace ganglion::fleet {

enum class Severity : uint8_t { info = 0, warning = 1, critical = 2 };

/// "info", "warning", "critical".
const char* to_string(Severity severity);
std::optional<Severity> severity_of(std::string_view name);

/// One thing that is wrong with one device, or with something that devices share.
struct Alarm {
    std::string kind;     ///< "offline", "fault", "decision anomaly", "privacy", "insight …"
    std::string subject;  ///< a device's id, or "site:north", "version:1.2.0"
    std::string site;     ///< of a device, where one was said
    Severity severity = Severity::warning;
    std::string text;
    int64_t time_ms = 0;
};

/// Alarms of a kind that begins so are moments; every other is raised for as long as it holds.
inline constexpr std::string_view kDecisionKind = "decision ";

enum class IncidentState : uint8_t { open = 0, resolved = 1 };

/// Alarms of one kind that belong together.
struct Incident {
    int64_t id = 0;
    std::string kind;
    std::string scope;  ///< "device:pump-7", "site:north", "fleet", or what the alarm named
    std::string site;   ///< of the first device
    Severity severity = Severity::warning;
    IncidentState state = IncidentState::open;
    int64_t opened_ms = 0, changed_ms = 0, resolved_ms = 0;
    std::string acknowledged_by;
    std::string told_scope;  ///< as channels know it; empty while none was told
    uint64_t subjects = 0;   ///< ever
    uint64_t active = 0;     ///< now
    std::string text;        ///< of its first alarm
    std::string cause;       ///< what the devices share and others do not: "batch=B7"; may be empty
};

struct IncidentMember {
    std::string subject;
    int64_t since_ms = 0, last_ms = 0;
    bool active = true;
    std::string text;
};

/// No messages about what matches until then. Empty kind or scope: any.
struct Silence {
    int64_t id = 0;
    std::string kind, scope;
    int64_t until_ms = 0;
    std::string reason, by;
};

/// Where messages go. `after_ms`: only about incidents that nobody has acknowledged after so long
/// (escalation); 0: about every one.
struct Channel {
    std::string name;
    std::string kind;    ///< "email" or "webhook"
    std::string url;     ///< smtp://host:port, smtps://…, http://…, https://…
    std::string to;      ///< e-mail: addresses, separated by commas
    std::string sender;  ///< e-mail: the address it comes from
    std::string user;    ///< e-mail: log-in, may be empty
    std::string secret;  ///< e-mail: password; webhook: key of the signature; never shown again
    Severity least = Severity::warning;
    int64_t after_ms = 0;
};

/// One message that a channel owes, or has sent.
struct Delivery {
    int64_t id = 0;
    std::string channel;
    int64_t incident = 0;
    std::string reason;  ///< "opened", "escalated", "widened to …", "resolved", "test"
    std::string line;    ///< what happened, for people
    int64_t made_ms = 0, due_ms = 0, sent_ms = 0;
    uint32_t attempts = 0;
    std::string error;  ///< of the last attempt
};

/// Which decisions are alarms.
struct AlarmRule {
    std::string label;
    Severity severity = Severity::warning;
};

}  // namespace ganglion::fleet
