#include "fleet/store/rollup_sums.hpp"

#include <algorithm>

namespace ganglion::fleet {
namespace {

/// What devices say of themselves may be a lie, and a sum that no number holds would stop the
/// store.
void grow(uint64_t& sum, uint64_t by) {
    sum = std::min(sum + std::min(by, kMostSum), kMostSum);
}

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

void RollupSums::add(const DeviceState& device, int64_t time_ms, const RollupRow& change) {
    constexpr auto minute = static_cast<int64_t>(Span::minute);
    add_to(changes_[{&device, time_ms - time_ms % minute}], change);
}

std::map<RollupSums::Key, RollupRow> RollupSums::by_scope() const {
    std::map<Key, RollupRow> sums;
    for (const auto& entry : changes_) {
        const DeviceState* device = entry.first.first;
        const int64_t time_ms = entry.first.second;
        const RollupRow& change = entry.second;
        const auto add_in = [&](const std::string& scope, Span span) {
            const auto step = static_cast<int64_t>(span);
            add_to(sums[{scope, step, time_ms - time_ms % step}], change);
        };
        for (const Span span : {Span::hour, Span::day})
            add_in(std::string(kDeviceScope) + device->id, span);
        for (const Span span : {Span::minute, Span::hour, Span::day}) {
            add_in("fleet", span);
            if (!device->bundle_version.empty()) add_in("version:" + device->bundle_version, span);
            for (const auto& [name, value] : device->attributes) {
                std::string scope = name;
                add_in(scope.append(":").append(value), span);
            }
        }
    }
    return sums;
}

}  // namespace ganglion::fleet
