#include "device/update/agent.hpp"

#include <algorithm>

namespace ganglion::update {
namespace {

constexpr uint32_t kWindow = 4;  ///< pieces asked for at once: what a small receive window holds
constexpr uint64_t kWantTimeOutMs = 5'000;
constexpr uint64_t kStatusEveryMs = 10'000;
constexpr uint32_t kProgressEvery = 32;  ///< pieces

}  // namespace

void UpdateAgent::connected() {
    status_due_ = true;
    want_until_ms_ = 0;
}

bool UpdateAgent::message(std::string_view leaf, std::span<const uint8_t> payload) {
    if (leaf == "offer") {
        take_offer(payload);
    } else if (leaf == "piece") {
        take_piece(payload);
    } else if (leaf == "undo") {
        take_undo(payload);
    } else if (leaf == "keys") {
        // A list that is not newer is no news; what else is wrong is told like an offer's fault.
        const Status status = updater_.take_keys(payload);
        if (status != Status::ok && status != Status::stale) refused_ = 0, refusal_ = status;
        status_due_ = true;
    } else {
        return false;
    }
    return true;
}

void UpdateAgent::take_offer(std::span<const uint8_t> envelope) {
    refusal_ = updater_.offer(envelope);
    refused_ = 0;
    if (refusal_ != Status::ok) {
        Envelope opened;
        Manifest manifest;
        if (opened.open(envelope) == Status::ok && manifest.parse(opened.payload) == Status::ok)
            refused_ = manifest.sequence;
    }
    want_until_ms_ = 0;
    status_due_ = true;
}

void UpdateAgent::take_piece(std::span<const uint8_t> payload) {
    Piece piece;
    if (!decode(payload, piece) || updater_.pending() == nullptr ||
        updater_.pending()->sequence != piece.sequence)
        return;
    Transfer& transfer = updater_.transfer();
    if (transfer.take(piece.number, piece.bytes) != Status::ok) return;  // asked for again
    want_until_ms_ = transfer.next_piece() < wanted_to_ ? now_ms_ + kWantTimeOutMs : 0;
    if (transfer.next_piece() % kProgressEvery == 0) status_due_ = true;
}

void UpdateAgent::take_undo(std::span<const uint8_t> payload) {
    Undo undo;
    if (!decode(payload, undo)) return;
    status_due_ = true;
    if (const Manifest* pending = updater_.pending(); pending != nullptr &&
                                                      pending->component == undo.component &&
                                                      pending->sequence == undo.sequence)
        updater_.give_up(Ended::none);
    if (!updater_.in_trial(undo.component) ||
        updater_.state()[undo.component].floor != undo.sequence ||
        updater_.revert(undo.component, Ended::undone) != Status::ok)
        return;
    if (undo.component == Component::bundle)
        choose_bundle(now_ms_);
    else
        restart_due_ = true;
}

void UpdateAgent::poll(uint64_t now_ms, bool connected) {
    now_ms_ = now_ms;
    watch_trials(now_ms);
    const bool deferred = !port_.deferral().empty();
    if (deferred != was_deferred_) status_due_ = true;
    was_deferred_ = deferred;
    if (updater_.pending() != nullptr && !deferred) {
        if (updater_.transfer().received())
            install();
        else if (connected)
            fetch(now_ms);
    }
    if (connected && (status_due_ || now_ms - status_sent_ms_ >= kStatusEveryMs))
        status_due_ = !send_status(now_ms);
    // The fleet hears of it first, where it can.
    if (restart_due_ && (!status_due_ || !connected)) port_.restart();
}

void UpdateAgent::watch_trials(uint64_t now_ms) {
    for (const Component component : {Component::bundle, Component::firmware}) {
        if (!updater_.in_trial(component) || restart_due_) continue;
        HealthMonitor monitor(updater_.health_rule(component));
        monitor.set_counts(port_.scores());
        if (answered_) monitor.connected();
        const bool bundle = component == Component::bundle;
        const uint64_t since = bundle ? trial_since_ms_ : 0;
        const Health health = monitor.judge(static_cast<uint32_t>(now_ms - since));
        if (health == Health::undecided) continue;
        if (bundle)
            end_bundle_trial(health);
        else
            end_firmware_trial(health);
        status_due_ = true;
    }
}

void UpdateAgent::end_bundle_trial(Health health) {
    if (health == Health::healthy)
        updater_.confirm(Component::bundle);
    else if (updater_.revert(Component::bundle, Ended::unhealthy) == Status::ok)
        choose_bundle(now_ms_);
}

void UpdateAgent::end_firmware_trial(Health health) {
    if (health == Health::healthy)
        updater_.confirm(Component::firmware);
    else
        restart_due_ = updater_.revert(Component::firmware, Ended::unhealthy) == Status::ok;
}

// The new bundle on trial, or the old one again. One that does not run is undone at once.
void UpdateAgent::choose_bundle(uint64_t now_ms) {
    for (uint32_t attempt = 0; attempt < 2; ++attempt) {
        Updater::BundleChoice choice;
        if (updater_.select_bundle(choice) != Status::ok) return;
        const Slot& slot = updater_.bundle_slot(choice.slot);
        if (port_.use_bundle(slot.image(), choice.bytes)) {
            trial_since_ms_ = now_ms;
            return;
        }
        if (!choice.trial || updater_.revert(Component::bundle, Ended::proof_failed) != Status::ok)
            return;
    }
}

void UpdateAgent::fetch(uint64_t now_ms) {
    if (now_ms < want_until_ms_) return;
    const Manifest& manifest = *updater_.pending();
    const Transfer& transfer = updater_.transfer();
    Want want{.component = manifest.component,
              .sequence = manifest.sequence,
              .first = transfer.next_piece(),
              .count = std::min(kWindow, transfer.pieces() - transfer.next_piece()),
              .base = {}};
    if (manifest.payload.format == Format::delta) want.base = prefix_of(manifest.payload.base);
    std::array<uint8_t, 48> payload;
    if (!port_.send("want", std::span(payload).first(encode(want, payload)))) return;
    wanted_to_ = want.first + want.count;
    want_until_ms_ = now_ms + kWantTimeOutMs;
}

void UpdateAgent::install() {
    status_due_ = true;
    // Bytes that went bad in flash are fetched again; what was signed wrong is given up.
    if (updater_.assemble() != Status::ok) {
        want_until_ms_ = 0;
        return;
    }
    const Manifest& manifest = *updater_.pending();
    const bool bundle = manifest.component == Component::bundle;
    if (bundle &&
        port_.prove(updater_.pending_slot().image(), manifest.image_bytes) != Status::ok) {
        updater_.give_up(Ended::proof_failed);
        return;
    }
    if (updater_.install() != Status::ok) return;
    if (bundle)
        choose_bundle(now_ms_);
    else
        restart_due_ = true;
}

bool UpdateAgent::send_status(uint64_t now_ms) {
    UpdateStatus status;
    status.boot = boot_;
    status.key_list = updater_.key_list();
    for (const Component component : {Component::bundle, Component::firmware}) {
        const ComponentState& state = updater_.state()[component];
        status.parts[static_cast<size_t>(component)] = {state.phase,
                                                        state.ended,
                                                        state.confirmed,
                                                        state.floor,
                                                        updater_.version(component),
                                                        prefix_of(updater_.digest(component))};
    }
    if (const Manifest* pending = updater_.pending())
        status.transfer = {pending->component, pending->sequence, updater_.transfer().next_piece(),
                           updater_.transfer().pieces()};
    if (refusal_ != Status::ok) status.refusal = {refused_, to_string(refusal_)};
    status.deferred = port_.deferral();
    const ComponentState& bundle = updater_.state()[Component::bundle];
    status.scores = {bundle.phase == Phase::trial ? bundle.floor : bundle.confirmed,
                     port_.scores()};
    std::array<uint8_t, kMaxUpdateStatusBytes> payload;
    if (!port_.send("update", std::span(payload).first(encode(status, payload)))) return false;
    status_sent_ms_ = now_ms;
    return true;
}

}  // namespace ganglion::update
