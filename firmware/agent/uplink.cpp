#include "firmware/agent/uplink.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "device/event/messages.hpp"
#include "device/pipeline/pipeline.hpp"
#include "firmware/agent/gate.hpp"
#include "firmware/agent/learned.hpp"
#include "firmware/agent/reflex.hpp"
#include "firmware/agent/sampler.hpp"
#include "firmware/agent/sharing.hpp"
#include "firmware/agent/updates.hpp"
#include "firmware/boards/mps2_an386/board.hpp"
#include "firmware/network/mqtt_session.hpp"
#include "firmware/network/network.hpp"
#include "firmware/version.hpp"

namespace ganglion::firmware::uplink {
namespace {

constexpr uint64_t kReportEveryMs = 10'000;
constexpr uint64_t kAckTimeOutMs = 5'000;
/// Of a message; each is some 140 bytes of RAM.
constexpr size_t kBatchEvents = 16;
/// What the board listens to below its own topics.
constexpr std::array<std::string_view, 7> kLeaves = {"ack",  "offer",  "piece", "undo",
                                                     "keys", "forget", "prior"};
constexpr size_t kChunkBytes = gate::kChunkValues * sizeof(int16_t) + 40;

Outbox* events = nullptr;
const Bundle* active = nullptr;
std::string_view why_not_deciding;
uint32_t boot_id = 0;

bool birth_due = false;
bool status_has_instructions = false;
size_t subscribed = 0;  // of kLeaves
bool report_due = false;
bool end_reported = false;
bool awaiting_ack = false;
uint64_t batch_sent_at = 0;
uint64_t report_sent_at = 0;
mqtt::Published status_state, report_state, batch_state, chunk_state;

std::array<uint8_t, kChunkBytes> chunk;
size_t chunk_bytes = 0;  // 0: none under way
bool chunk_sent = false;

struct Handler final : mqtt::Listener {
    void connected() override {
        board::print("agent: connected\n");
        birth_due = report_due = true;
        subscribed = 0;
        updates::connected();
        sharing::connected();
        awaiting_ack = false;
        chunk_sent = false;
    }

    void disconnected() override { board::print("agent: disconnected\n"); }

    void message(std::string_view leaf, std::span<const uint8_t> payload) override {
        updates::message(leaf, payload);
        if (leaf == "prior") sharing::take(payload);
        ForgetMessage forget;
        if (leaf == "forget" && decode_forget(payload, forget) && forget.boot == boot_id)
            learned::forget();
        Ack ack;
        if (leaf != "ack" || !decode_ack(payload, ack)) return;
        if (events->acknowledge(ack.boot, ack.through) > 0) awaiting_ack = false;
    }
};
Handler handler;

bool send_status() {
    StatusMessage status;
    status.online = true;
    status.boot = boot_id;
    status.firmware_version = kVersion;
    if (active != nullptr) {
        std::array<uint8_t, 8> digest;
        std::copy_n(active->digest().begin(), digest.size(), digest.begin());
        status.application = active->name();
        status.bundle_version = active->version();
        status.bundle_digest = digest;
        status.ram_bytes = Pipeline::ram_bytes(*active);
        status.flash_bytes = active->meta().flash_bytes;
        status.rate_hz = active->meta().rate_hz;
        status_has_instructions = reflex::instructions() != 0;
        if (status_has_instructions) status.instructions = reflex::instructions();
    } else {
        status.fault = why_not_deciding;
    }
    std::array<uint8_t, 256> payload;
    const size_t size = encode(status, payload);
    return mqtt::publish("status", std::span(payload).first(size), true, status_state);
}

bool send_report() {
    ReportMessage report;
    report.boot = boot_id;
    report.clock_ms = board::milliseconds();
    report.bytes_sent = network::bytes_sent();
    report.bytes_gate = gate::bytes_out();
    report.gate_openings = gate::openings();
    report.outbox = events->pending();
    report.events_lost = events->lost();
    if (active != nullptr) {
        report.bytes_sensed = sampler::values_taken() * sizeof(int16_t);
        report.inferences = reflex::inferences();
        report.instructions = reflex::instructions();
        report.overruns = sampler::overruns();
        report.score_permille = reflex::take_highest_score();
        report.scores = reflex::take_scores();
        report.drift_permille = reflex::drift_permille();
    }
    std::array<uint8_t, 128> payload;
    const size_t size = encode(report, payload);
    return mqtt::publish("report", std::span(payload).first(size), false, report_state);
}

/// The oldest events, all of one boot: the answer then covers the whole batch.
bool send_batch() {
    static std::array<Event, kBatchEvents> room;
    const std::span oldest = std::span(room).first(events->oldest(room));
    if (oldest.empty()) return false;
    const auto other_boot = [](const Event& event) { return event.boot != room[0].boot; };
    const auto end = std::find_if(oldest.begin(), oldest.end(), other_boot);
    const BatchHead head{board::milliseconds(), boot_id, true};
    static std::array<uint8_t, batch_bytes(kBatchEvents)> payload;
    const size_t size = encode(head, std::span(oldest.begin(), end), payload);
    return mqtt::publish("event", std::span(payload).first(size), false, batch_state);
}

void send_events(uint64_t now) {
    if (awaiting_ack && now - batch_sent_at < kAckTimeOutMs) return;
    if (events->pending() == 0 || !send_batch()) return;
    awaiting_ack = true;
    batch_sent_at = now;
    report_due = true;
}

/// One chunk at a time, sent again until the broker has it.
void send_chunk() {
    if (chunk_bytes > 0 && chunk_sent) {
        if (chunk_state == mqtt::Published::pending) return;
        if (chunk_state == mqtt::Published::delivered) chunk_bytes = 0;
        chunk_sent = false;
    }
    if (chunk_bytes == 0) chunk_bytes = gate::next_chunk(chunk);
    if (chunk_bytes > 0)
        chunk_sent = mqtt::publish("gate", std::span(chunk).first(chunk_bytes), false, chunk_state);
}

}  // namespace

bool start(const Provisioning& provisioning, Outbox& outbox, uint32_t boot, const Bundle* bundle,
           std::string_view fault) {
    events = &outbox;
    boot_id = boot;
    active = bundle;
    why_not_deciding = fault;
    return mqtt::start(provisioning, handler);
}

void set_bundle(const Bundle& bundle) {
    active = &bundle;
    birth_due = true;
}

void poll() {
    mqtt::poll();
    if (!mqtt::is_connected()) return;
    const uint64_t now = board::milliseconds();
    while (subscribed < kLeaves.size() && mqtt::subscribe(kLeaves[subscribed])) ++subscribed;
    if (!status_has_instructions && active != nullptr && reflex::instructions() != 0)
        birth_due = true;
    if (birth_due) birth_due = !send_status();
    if (subscribed < kLeaves.size() || birth_due) return;
    send_events(now);
    if (!end_reported && sampler::finished()) end_reported = report_due = true;
    if (report_due || now - report_sent_at >= kReportEveryMs) {
        report_due = !send_report();
        if (!report_due) report_sent_at = now;
    }
    send_chunk();
    sharing::poll(now);
}

}  // namespace ganglion::firmware::uplink
