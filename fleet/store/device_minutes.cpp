#include "fleet/store/device_minutes.hpp"

#include "fleet/store/rollup_sums.hpp"

namespace ganglion::fleet {

bool is_for_device_minutes(const RollupQuery& query) {
    return query.span == Span::minute && query.scope.starts_with(kDeviceScope);
}

std::string device_of(const RollupQuery& query) {
    return query.scope.substr(kDeviceScope.size());
}

void DeviceMinutes::add(const std::vector<StoredEvent>& events) {
    constexpr auto step = static_cast<int64_t>(Span::minute);
    for (const StoredEvent& stored : events) {
        const int64_t start_ms = stored.time_ms - stored.time_ms % step;
        if (start_ms < query_.from_ms || start_ms >= query_.to_ms) continue;
        add_to(minutes_[start_ms], sum_of(stored.event));
    }
}

std::vector<RollupRow> DeviceMinutes::take() const {
    std::vector<RollupRow> rows;
    for (const auto& [start_ms, sum] : minutes_) rows.emplace_back(sum).start_ms = start_ms;
    return rows;
}

}  // namespace ganglion::fleet
