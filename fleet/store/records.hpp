#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

/// What goes into and comes out of the store: the messages of docs/protocol.md after decoding, and
/// the rows of the HTTP API before encoding. Times are milliseconds since 1970 in UTC; all unsigned
/// numbers are below 2^53, so that JSON and SQLite hold them exactly.
namespace ganglion::fleet {

struct EventRecord {
    uint32_t boot = 0;
    uint32_t sequence = 0;
    uint64_t clock_ms = 0;  ///< device clock at the decision, ms since that boot
    uint8_t kind = 0;       ///< 0 decision, 1 started, 2 action
    std::string label;
    uint16_t score_permille = 0;
    uint64_t sample = 0;
    std::optional<uint32_t> stop_samples;
    std::optional<uint32_t> stop_instructions;
};

struct EventsMessage {
    uint64_t clock_ms = 0;  ///< device clock when sent
    uint32_t boot = 0;      ///< boot that sends
    std::vector<EventRecord> events;
    bool from_oldest = false;  ///< the device has nothing of the first event's boot that is older
};

struct StatusRecord {
    bool online = false;
    bool retained =
        false;  ///< kept by the broker from earlier: says nothing about when the device was heard
    std::optional<std::string> application;
    std::optional<std::string> bundle_version;
    std::optional<std::array<uint8_t, 8>> bundle_digest;
    std::optional<uint32_t> boot;
    std::optional<uint32_t> ram_bytes;
    std::optional<uint32_t> flash_bytes;
    std::optional<uint32_t> instructions;
    std::optional<std::string> firmware_version;
    std::optional<uint32_t> rate_hz;
    std::optional<std::string> fault;
};

struct ReportRecord {
    uint32_t boot = 0;
    uint64_t clock_ms = 0;
    uint64_t bytes_sensed = 0;
    uint64_t bytes_sent = 0;
    uint64_t bytes_gate = 0;
    uint32_t gate_openings = 0;
    uint64_t inferences = 0;
    uint32_t instructions = 0;
    uint32_t outbox = 0;
    uint64_t overruns = 0;
    uint16_t score_permille = 0;
    uint32_t events_lost = 0;
    /// Scores in each eighth of the scale since the report before; all 0: the device sends none.
    std::array<uint16_t, 8> scores{};
};

struct GateRecord {
    uint32_t boot = 0;
    uint32_t opening = 0;
    uint64_t first_sample = 0;
    std::string samples;  ///< int16 little-endian
    bool last = false;
};

/// A message that did not follow the CDDL.
struct RejectedMessage {};

using Content =
    std::variant<EventsMessage, StatusRecord, ReportRecord, GateRecord, RejectedMessage>;

struct Message {
    std::string device;
    int64_t received_ms = 0;
    Content content;
};

/// "Everything of this device's boot is stored up to and with this sequence."
struct StoredThrough {
    std::string device;
    uint32_t boot = 0;
    uint32_t sequence = 0;
};

struct StoredEvent {
    int64_t id = 0;
    std::string device;
    int64_t time_ms = 0;
    int64_t uncertainty_ms = 0;
    int64_t received_ms = 0;
    EventRecord event;
};

/// What a committed batch of messages has changed.
struct Committed {
    std::vector<StoredThrough> acks;      ///< one per (device, boot) that the messages spoke of
    std::vector<StoredEvent> new_events;  ///< in the order of their ids
    std::set<std::string> devices;        ///< whose row is another one now
    std::vector<std::string> warnings;    ///< lines for the log
};

struct DeviceRow {
    std::string id;
    std::string application;
    bool online = false;
    int64_t last_seen_ms = 0;
    uint32_t boot = 0;
    std::string bundle_version;
    std::string bundle_digest;  ///< 16 hexadecimal digits
    uint32_t ram_bytes = 0;
    uint32_t flash_bytes = 0;
    uint32_t instructions = 0;
    std::string firmware;
    std::string fault;  ///< why the device does not decide; empty where it does
    uint32_t rate_hz = 0;
    // Totals over all boots.
    uint64_t bytes_sensed = 0;
    uint64_t bytes_sent = 0;
    uint64_t bytes_gate = 0;
    uint64_t gate_openings = 0;
    uint64_t inferences = 0;
    uint64_t overruns = 0;
    uint64_t events_lost = 0;
    // Of the last report.
    uint32_t outbox = 0;
    uint16_t score_permille = 0;
    uint64_t events = 0;
    uint64_t rejected = 0;
};

/// Which devices to read: the first `limit` in the order of their ids that match.
struct DeviceQuery {
    enum class Condition { any, online, offline, fault };

    std::string after = {};   ///< ids behind this one
    std::string search = {};  ///< ids with this in them
    Condition condition = Condition::any;
    uint32_t limit = std::numeric_limits<uint32_t>::max();
};

/// Devices that run one version of an application, and the most that it costs on one of them.
struct VersionRow {
    std::string application, version;
    uint64_t devices = 0, online = 0, faults = 0;
    uint32_t ram_bytes = 0, flash_bytes = 0, instructions = 0;
};

/// Devices that share the attributes `site` and `line` (empty where they have none).
struct PlaceRow {
    std::string site, line;
    uint64_t devices = 0, online = 0, faults = 0;
};

/// A device that somebody should look at.
struct TroubledDevice {
    std::string id;
    bool online = false;
    int64_t last_seen_ms = 0;
    std::string fault;
};

struct Summary {
    uint64_t devices = 0;
    uint64_t online = 0;
    uint64_t events = 0;
    uint64_t bytes_sensed = 0;
    uint64_t bytes_sent = 0;
    uint64_t bytes_gate = 0;
    uint64_t gate_openings = 0;
    uint64_t inferences = 0;
};

/// Sequences first..last of a boot never arrived, though later ones did, or the device said that
/// it has lost them.
struct Gap {
    std::string device;
    uint32_t boot = 0;
    uint32_t first = 0;
    uint32_t last = 0;
};

struct GateOpening {
    std::string device;
    uint32_t boot = 0;
    uint32_t opening = 0;
    uint64_t first_sample = 0;
    uint64_t bytes = 0;
    bool complete = false;  ///< the last chunk is here and none is missing after the first one
};

/// What a device shares with others: "site" → "north", "line" → "3", "batch" → "B7".
using Attributes = std::map<std::string, std::string>;

/// How far apart the rows of a rollup are.
enum class Span : int64_t { minute = 60'000, hour = 3'600'000, day = 86'400'000 };

/// Sums over one step of time: of a device ("device:pump-7"), of all with an attribute
/// ("site:north") or a version of the bundle ("version:1.2.0"), or of the whole fleet ("fleet"). An
/// event counts in the step in which it happened, however late it came.
struct RollupRow {
    int64_t start_ms = 0;
    uint64_t events = 0;
    uint64_t alerts = 0;  ///< events that are decisions
    uint64_t reports = 0;
    uint64_t score_sum = 0;  ///< of the reports' highest scores, permille
    uint16_t score_most = 0;
    uint64_t inferences = 0, bytes_sensed = 0, bytes_sent = 0, bytes_gate = 0;
    /// Scores in each eighth of the scale; of devices that do not send them the reports' highest.
    std::array<uint32_t, 8> scores{};
};

/// Rows from `from_ms` up to before `to_ms`, oldest first; empty steps have no row. Minutes of a
/// device are made of its raw events: they have events and alerts alone, and end with those.
struct RollupQuery {
    std::string scope = "fleet";
    Span span = Span::hour;
    int64_t from_ms = 0, to_ms = 0;
};

/// Which events to read. With `after` the oldest `limit` that match, without it the newest.
struct EventQuery {
    std::optional<std::string> device;
    std::optional<int64_t> after;   ///< ids above
    std::optional<int64_t> before;  ///< ids below
    uint32_t limit = 100;
};

}  // namespace ganglion::fleet
