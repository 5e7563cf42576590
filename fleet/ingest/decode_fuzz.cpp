#include "fleet/ingest/decode_fuzz.hpp"

#include <array>
#include <cstdlib>
#include <span>
#include <string_view>

#include "fleet/api/json.hpp"
#include "fleet/ingest/decode.hpp"

namespace {

using namespace ganglion::fleet;

constexpr uint64_t kLimit = uint64_t{1} << 53;

void require(bool condition) {
    if (!condition) std::abort();
}

/// What the store and the API count on.
void check(const EventsMessage& message) {
    require(!message.events.empty() && message.events.size() <= 16 && message.clock_ms < kLimit);
    for (const EventRecord& event : message.events) {
        require(event.sequence > 0 && event.kind <= 2 && event.score_permille <= 1000 &&
                event.label.size() <= 15);
        require(event.clock_ms < kLimit && event.sample < kLimit);
        StoredEvent stored;
        stored.event = event;
        require(!to_json(stored).dump().empty());  // throws on text that is not UTF-8
    }
}

void check(const StatusRecord& status) {
    DeviceRow row;
    row.application = status.application.value_or("");
    row.bundle_version = status.bundle_version.value_or("");
    row.firmware = status.firmware_version.value_or("");
    row.fault = status.fault.value_or("");
    require(!to_json(row).dump().empty());
}

void check(const ReportRecord& report) {
    require(report.bytes_sensed < kLimit && report.bytes_sent < kLimit && report.clock_ms < kLimit);
}

void check(const GateRecord& chunk) {
    require(chunk.samples.size() % 2 == 0 && chunk.first_sample < kLimit);
}

void check(const RejectedMessage&) {}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size == 0) return 0;
    constexpr std::array<std::string_view, 4> channels{"event", "status", "report", "gate"};
    const auto content =
        decode_content(channels[data[0] % channels.size()], {data + 1, size - 1}, false);
    require(content.has_value());
    std::visit([](const auto& message) { check(message); }, *content);
    return 0;
}
