#include "fleet/api/json.hpp"

#include <array>

namespace ganglion::fleet {
namespace {

constexpr std::array<const char*, 3> kind_names{"decision", "started", "action"};

nlohmann::json number_or_null(const std::optional<uint32_t>& number) {
    return number ? nlohmann::json(*number) : nlohmann::json(nullptr);
}

}  // namespace

nlohmann::json to_json(const Summary& summary) {
    const double reduction = summary.bytes_sent == 0 ? 0.0
                                                     : static_cast<double>(summary.bytes_sensed) /
                                                           static_cast<double>(summary.bytes_sent);
    return {{"devices", summary.devices},
            {"online", summary.online},
            {"events", summary.events},
            {"bytes_sensed", summary.bytes_sensed},
            {"bytes_sent", summary.bytes_sent},
            {"bytes_gate", summary.bytes_gate},
            {"gate_openings", summary.gate_openings},
            {"inferences", summary.inferences},
            {"reduction", reduction}};
}

nlohmann::json to_json(const VersionRow& version) {
    return {{"application", version.application}, {"version", version.version},
            {"devices", version.devices},         {"online", version.online},
            {"faults", version.faults},           {"ram_bytes", version.ram_bytes},
            {"flash_bytes", version.flash_bytes}, {"instructions", version.instructions}};
}

nlohmann::json to_json(const PlaceRow& place) {
    return {{"site", place.site},
            {"line", place.line},
            {"devices", place.devices},
            {"online", place.online},
            {"faults", place.faults}};
}

nlohmann::json to_json(const DeviceRow& device) {
    return {{"id", device.id},
            {"application", device.application},
            {"online", device.online},
            {"last_seen_ms", device.last_seen_ms},
            {"boot", device.boot},
            {"bundle",
             {{"version", device.bundle_version},
              {"digest", device.bundle_digest},
              {"ram_bytes", device.ram_bytes},
              {"flash_bytes", device.flash_bytes},
              {"instructions", device.instructions}}},
            {"firmware", device.firmware},
            {"fault", device.fault},
            {"rate_hz", device.rate_hz},
            {"bytes_sensed", device.bytes_sensed},
            {"bytes_sent", device.bytes_sent},
            {"bytes_gate", device.bytes_gate},
            {"gate_openings", device.gate_openings},
            {"inferences", device.inferences},
            {"outbox", device.outbox},
            {"overruns", device.overruns},
            {"events_lost", device.events_lost},
            {"score", device.score_permille},
            {"events", device.events},
            {"rejected", device.rejected}};
}

nlohmann::json to_json(const StoredEvent& stored) {
    const EventRecord& event = stored.event;
    return {{"id", stored.id},
            {"device", stored.device},
            {"boot", event.boot},
            {"sequence", event.sequence},
            {"time_ms", stored.time_ms},
            {"uncertainty_ms", stored.uncertainty_ms},
            {"received_ms", stored.received_ms},
            {"kind", kind_names.at(event.kind)},
            {"label", event.label},
            {"score", event.score_permille},
            {"sample", event.sample},
            {"stop_samples", number_or_null(event.stop_samples)},
            {"stop_instructions", number_or_null(event.stop_instructions)}};
}

nlohmann::json to_json(const Gap& gap) {
    return {{"device", gap.device}, {"boot", gap.boot}, {"first", gap.first}, {"last", gap.last}};
}

nlohmann::json to_json(const GateOpening& opening) {
    return {{"device", opening.device},   {"boot", opening.boot},
            {"opening", opening.opening}, {"first_sample", opening.first_sample},
            {"bytes", opening.bytes},     {"complete", opening.complete}};
}

}  // namespace ganglion::fleet
