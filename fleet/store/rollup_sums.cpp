#include "fleet/store/rollup_sums.hpp"

#include <algorithm>
#include <utility>

namespace ganglion::fleet {
namespace {

constexpr uint8_t kDecision = 0;  ///< kind of an event

}  // namespace

void add_to(RollupRow& sum, const RollupRow& change) {
    sum.events += change.events;
    sum.alerts += change.alerts;
    sum.reports += change.reports;
    sum.score_sum += change.score_sum;
    sum.score_most = std::max(sum.score_most, change.score_most);
    grow(sum.inferences, change.inferences);
    grow(sum.bytes_sensed, change.bytes_sensed);
    grow(sum.bytes_sent, change.bytes_sent);
    grow(sum.bytes_gate, change.bytes_gate);
    for (size_t i = 0; i < sum.scores.size(); ++i) sum.scores[i] += change.scores[i];
}

RollupRow sum_of(const EventRecord& event) {
    RollupRow sum;
    sum.events = 1;
    sum.alerts = event.kind == kDecision ? 1 : 0;
    return sum;
}

void RollupSums::add(const DeviceState& device, int64_t time_ms, const RollupRow& change) {
    constexpr auto minute = static_cast<int64_t>(Span::minute);
    const Minute key{&device, time_ms - time_ms % minute};
    if (last_ == changes_.end() || last_->first != key) last_ = changes_.try_emplace(key).first;
    add_to(last_->second, change);
}

std::map<RollupSums::Key, RollupRow> RollupSums::shared() const {
    std::map<std::pair<std::string, int64_t>, RollupRow> minutes;  // of scopes
    for (const auto& entry : changes_) {
        const DeviceState* device = entry.first.first;
        const auto add_in = [&](std::string scope) {
            add_to(minutes[{std::move(scope), entry.first.second}], entry.second);
        };
        add_in("fleet");
        if (!device->bundle_version.empty()) add_in("version:" + device->bundle_version);
        for (const auto& [name, value] : device->attributes) {
            std::string scope = name;
            add_in(scope.append(":").append(value));
        }
    }
    std::map<Key, RollupRow> sums;
    for (const auto& [minute, change] : minutes) {
        for (const Span span : {Span::minute, Span::hour, Span::day}) {
            const auto step = static_cast<int64_t>(span);
            add_to(sums[{minute.first, step, minute.second - minute.second % step}], change);
        }
    }
    return sums;
}

DeviceHours RollupSums::by_device() const {
    constexpr auto hour = static_cast<int64_t>(Span::hour);
    DeviceHours sums;
    for (const auto& [minute, change] : changes_)
        add_to(sums[{minute.first->number, minute.second - minute.second % hour}], change);
    return sums;
}

std::map<RollupSums::Key, RollupRow> RollupSums::by_scope() const {
    std::map<Key, RollupRow> sums = shared();
    for (const auto& [minute, change] : changes_) {
        for (const Span span : {Span::hour, Span::day}) {
            const auto step = static_cast<int64_t>(span);
            add_to(sums[{std::string(kDeviceScope) + minute.first->id, step,
                         minute.second - minute.second % step}],
                   change);
        }
    }
    return sums;
}

}  // namespace ganglion::fleet
