#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "fleet/insight/common_cause.hpp"
#include "fleet/insight/model_health.hpp"
#include "fleet/insight/peers.hpp"
#include "fleet/insight/similar.hpp"
#include "fleet/store/store.hpp"

namespace ganglion::fleet::insight {

struct InsightQuery {
    int64_t now_ms = 0;
    Span span = Span::day;   ///< of the histories: hours or days
    uint32_t steps = 60;     ///< how far back
    double threshold = 500;  ///< permille of the score that trends are measured against
};

/// A device whose score moves towards the threshold.
struct RisingDevice {
    std::string device;
    ShapeFinding finding;
    TimeToThreshold steps_left;
};

/// What the fleet's memory says as a whole.
struct FleetInsight {
    InsightQuery query;
    uint64_t devices = 0;  ///< with a history
    std::vector<RisingDevice> rising;
    PeerFindings peers;
    std::vector<CommonCause> causes;
    std::vector<HealthFinding> versions;
};

/// Every device with what it shares, its firmware and its bundle's version among it.
std::vector<FleetMember> members_of(Store& store);

/// Reads histories of the mean of the reports' highest scores, decisions of the last `steps`, and
/// what devices share, and looks for all of it. Model versions are measured against the fleet's own
/// scores of the first half of the time where training's are not known.
FleetInsight look_at_fleet(Store& store, const InsightQuery& query);

/// Devices whose newest `pattern_steps` look like those of `device`, which failed.
std::vector<SimilarHistory> look_for_similar(Store& store, const InsightQuery& query,
                                             const std::string& device, uint32_t pattern_steps);

}  // namespace ganglion::fleet::insight
