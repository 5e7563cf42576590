#include "fleet/testing/simulated_fleet.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>

#include "compile/bundle_signature.hpp"
#include "device/event/messages.hpp"
#include "device/update/envelope.hpp"

namespace ganglion::fleet::testing {
namespace {

constexpr const char* kPrefix = "sim-";
constexpr double kScoreSpread = 1.5;  ///< of a device's scores around its mean, in eighths

std::string text_of(std::span<const uint8_t> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::span<const uint8_t> view(const std::string& bytes) {
    return {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
}

}  // namespace

SimulatedFleet::SimulatedFleet(const SimulatedFleetOptions& options, const Release& release,
                               const ModelConduct& conduct)
    : options_(options),
      conduct_(conduct),
      sequence_(release.sequence),
      back_sequence_(release.back_sequence),
      version_(release.version),
      random_(options.seed),
      devices_(options.devices) {
    std::gamma_distribution<double> rates(2, options.alerts_per_inference / 2);
    std::normal_distribution<double> levels(2.5, 0.6);
    std::uniform_real_distribution<double> share(0, 1);
    for (uint32_t i = 0; i < devices_.size(); ++i) {
        Device& device = devices_[i];
        device.rate = static_cast<float>(std::min(rates(random_), 0.5));
        device.level = static_cast<float>(levels(random_));
        device.fails = share(random_) < conduct.failing;
        device.turns_unhealthy = share(random_) < conduct.unhealthy;
        device.online = share(random_) >= options.offline;
        if (!device.online) {
            if (share(random_) >= options.never_back)
                plan(static_cast<int64_t>(share(random_) *
                                          static_cast<double>(options.back_after_ms)),
                     i, Next::come_back);
            continue;
        }
        // Each hour has its minute for each device.
        plan(static_cast<int64_t>(share(random_) * static_cast<double>(options.report_every_ms)), i,
             Next::report);
    }
}

std::string SimulatedFleet::id(uint32_t device) const {
    return kPrefix + std::to_string(device);
}

void SimulatedFleet::plan(int64_t at_ms, uint32_t device, Next next) {
    due_.push_back({at_ms, device, next});
    std::push_heap(due_.begin(), due_.end(), std::greater<>());
}

bool SimulatedFleet::runs_release(const Device& device) const {
    return device.confirmed == sequence_ ||
           (device.phase == update::Phase::trial && device.pending == sequence_);
}

/// What the bundle in use has decided since it was last asked.
void SimulatedFleet::decide(Device& device, int64_t now_ms) {
    const double hours = static_cast<double>(now_ms - device.counted_ms) / 3.6e6;
    device.counted_ms = now_ms;
    if (hours <= 0) return;
    const bool released = runs_release(device);
    const double mean = hours * options_.inferences_per_hour;
    const auto inferences = static_cast<uint32_t>(std::poisson_distribution<int>(mean)(random_));
    const double rate =
        std::min(0.9, double{device.rate} * (released ? conduct_.alert_factor : 1.0));
    std::binomial_distribution<int> alerts(static_cast<int>(inferences), rate);
    device.inferences += inferences;
    device.alerts += static_cast<uint32_t>(alerts(random_));
    // A normal's share of each eighth, dealt out one eighth after the other.
    const double level = double{device.level} + (released ? conduct_.score_shift : 0.0);
    const auto below = [&](double edge) {
        return 0.5 * std::erfc((level - edge) / kScoreSpread / std::sqrt(2.0));
    };
    uint32_t left = inferences;
    double rest = 1;
    for (size_t bin = 0; bin + 1 < device.bins.size() && left > 0; ++bin) {
        const double share =
            below(static_cast<double>(bin + 1)) - (bin == 0 ? 0 : below(static_cast<double>(bin)));
        std::binomial_distribution<int> here(static_cast<int>(left),
                                             std::clamp(share / rest, 0.0, 1.0));
        const auto count = static_cast<uint32_t>(here(random_));
        device.bins[bin] += count;
        left -= count;
        rest = std::max(rest - share, 1e-12);
    }
    device.bins.back() += left;
}

void SimulatedFleet::begin_counting(Device& device, int64_t now_ms) {
    device.inferences = device.alerts = 0;
    device.bins = {};
    device.counted_ms = now_ms;
}

std::string SimulatedFleet::update_of(const Device& device) const {
    update::UpdateStatus status;
    status.boot = 1;
    update::UpdateStatus::Part& part = status.parts[0];
    part.phase = device.phase;
    part.ended = device.ended;
    part.confirmed = device.confirmed;
    part.floor = device.floor;
    part.version = device.confirmed == sequence_ ? version_ : update::Version{1, 0, 0};
    if (device.pending != 0 && device.phase == update::Phase::confirmed)
        status.transfer = {update::Component::bundle, device.pending, 0, 2};
    status.scores = {device.phase == update::Phase::trial ? device.pending : device.confirmed,
                     {device.inferences, device.alerts, device.bins}};
    std::array<uint8_t, update::kMaxUpdateStatusBytes> payload;
    return text_of(std::span(payload).first(encode(status, payload)));
}

std::string SimulatedFleet::status_of(const Device& device) const {
    StatusMessage status;
    status.online = device.online;
    if (device.online) status.application = options_.application;
    std::array<uint8_t, 128> payload;
    return text_of(std::span(payload).first(ganglion::encode(status, payload)));
}

std::vector<SimulatedFleet::Said> SimulatedFleet::retained() const {
    std::vector<Said> said;
    for (uint32_t i = 0; i < devices_.size(); ++i) {
        if (!devices_[i].online) continue;
        said.push_back({i, false, true, status_of(devices_[i])});
        said.push_back({i, true, true, update_of(devices_[i])});
    }
    return said;
}

std::vector<SimulatedFleet::Said> SimulatedFleet::advance(int64_t now_ms) {
    std::vector<Said> said;
    while (!due_.empty() && due_.front().at_ms <= now_ms) {
        const Due due = due_.front();
        std::pop_heap(due_.begin(), due_.end(), std::greater<>());
        due_.pop_back();
        happen(due, said);
    }
    return said;
}

void SimulatedFleet::happen(const Due& due, std::vector<Said>& said) {
    Device& device = devices_[due.device];
    switch (due.next) {
        case Next::report:
            decide(device, due.at_ms);
            plan(due.at_ms + options_.report_every_ms, due.device, Next::report);
            break;
        case Next::tell:
            break;
        case Next::come_back:
            device.online = true;
            device.counted_ms = due.at_ms;
            plan(due.at_ms + options_.report_every_ms, due.device, Next::report);
            said.push_back({due.device, false, true, status_of(device)});
            break;
        case Next::fetched:
            if (device.pending == 0) return;  // undone meanwhile
            decide(device, due.at_ms);
            device.floor = device.pending;
            if (device.fails && device.pending == sequence_) {
                device.ended = update::Ended::proof_failed;
                device.pending = 0;
                break;
            }
            device.phase = update::Phase::trial;
            begin_counting(device, due.at_ms);
            plan(due.at_ms + options_.trial_ms, due.device, Next::end_of_trial);
            break;
        case Next::end_of_trial:
            if (device.phase != update::Phase::trial) return;
            decide(device, due.at_ms);
            if (device.turns_unhealthy && device.pending == sequence_) {
                device.ended = update::Ended::unhealthy;
                begin_counting(device, due.at_ms);
            } else {
                device.confirmed = device.pending;
                device.ended = update::Ended::none;
            }
            device.phase = update::Phase::confirmed;
            device.pending = 0;
            break;
    }
    said.push_back({due.device, true, true, update_of(device)});
}

void SimulatedFleet::hear(const ToDevice& message, int64_t now_ms) {
    uint32_t number = 0;
    const std::string& name = message.device;
    std::from_chars(name.data() + std::string_view(kPrefix).size(), name.data() + name.size(),
                    number);
    Device& device = devices_[number];
    if (!device.online) return;
    if (message.leaf == "undo") {
        if (device.phase == update::Phase::trial) {
            decide(device, now_ms);
            device.ended = update::Ended::undone;
            begin_counting(device, now_ms);
        }
        device.phase = update::Phase::confirmed;
        device.pending = 0;
        plan(now_ms, number, Next::tell);
        return;
    }
    if (message.leaf != "offer") return;
    auto& sequence = sequences_[message.payload];
    if (sequence == 0) {
        update::Envelope envelope;
        update::Manifest manifest;
        if (envelope.open(view(message.payload)) == Status::ok &&
            manifest.parse(envelope.payload) == Status::ok)
            sequence = manifest.sequence;
    }
    // As a device would: stale, or under way already.
    if (sequence <= device.floor || device.pending == sequence ||
        device.phase != update::Phase::confirmed)
        return;
    device.pending = sequence;
    plan(now_ms, number, Next::tell);
    plan(now_ms + options_.fetch_ms, number, Next::fetched);
}

void SimulatedFleet::exchange(RolloutEngine& engine, int64_t now_ms) {
    const auto said = advance(now_ms);
    const auto answers = engine.run([&](RolloutEngine::Batch& batch) {
        for (const Said& one : said) {
            if (one.is_update)
                batch.update(id(one.device), one.payload, now_ms);
            else
                batch.status(id(one.device), one.online, options_.application, now_ms);
        }
        batch.tick(now_ms);
    });
    for (const ToDevice& message : answers) hear(message, now_ms);
}

ReleaseLab::ReleaseLab(const std::filesystem::path& directory)
    : signer_(compile::generate_signing_key()), store_(directory) {}

Release ReleaseLab::add(uint32_t sequence, const std::string& name) {
    ReleaseParts parts;
    parts.name = name;
    parts.description.vendor = {1};
    parts.description.hardware_class = {2};
    parts.description.sequence = sequence;
    parts.description.version = {1, sequence, 0};
    parts.image.assign(300, static_cast<uint8_t>(sequence));
    parts.back = std::vector<uint8_t>(300, 0);
    parts.back_version = {1, 0, 0};
    const SignedRelease made = make_release(parts, signer_, store_.objects(), 1'700'000'000'000);
    return store_.add(made.description, made.signature);
}

}  // namespace ganglion::fleet::testing
