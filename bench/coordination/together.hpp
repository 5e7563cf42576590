#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "fleet/together/prior.hpp"
#include "project/project.hpp"

namespace ganglion::bench::together {

namespace plan = ganglion::fleet::together;
namespace device = ganglion::fleet::together::device;

/// What one class of devices came to: how well, and after what time, alone and with the prior.
struct Quality {
    double learned = 0;  ///< time until it judges: s of a motor, days of a plot
    uint64_t faults = 0, missed = 0;
    uint64_t false_alarms = 0;
    double healthy = 0;  ///< time in which a false alarm could have been
    /// For each fault and healthy stretch, whether it was told: the decisions that are compared.
    std::vector<bool> decisions;

    /// As good as `other`: at most 2 % more of the faults missed, and no more false alarms.
    bool as_good_as(const Quality& other) const;
};

struct Shown {
    std::string name, unit;              ///< "motors", "s"
    std::vector<Quality> alone, primed;  ///< by rising time, the longest alone last: the full one
    uint64_t contributors = 0;
    plan::PrivacyCost cost;
    double contribution_bytes = 0, sensed_bytes = 0;  ///< of one contributor
    uint64_t decisions = 0, changed = 0;  ///< with three poisoned contributors in twenty

    /// The least time from which on the quality is full; none: it never is.
    std::optional<double> alone_time() const { return time_of(alone); }
    std::optional<double> primed_time() const { return time_of(primed); }

  private:
    std::optional<double> time_of(const std::vector<Quality>& rows) const;
};

/// What twenty devices learned, contributed and aggregated; `poisoned` of them say whatever moves
/// the prior most without being refused.
std::optional<plan::Prior> prior_of(const device::ShareTerms& terms,
                                    const std::vector<std::vector<int16_t>>& learned,
                                    uint32_t poisoned, double& bytes);
/// A project's [share]; throws std::runtime_error where it has none.
device::ShareTerms terms_of(const project::Project& project);

/// Motors of the shared vibration recordings (CWRU): twenty contributors that differ in sensor,
/// mounting and stretch of time, and new ones that begin with their prior. `split`: of the faults.
Shown share_motors(const std::filesystem::path& data, const std::string& split);
/// Plots of the shared field recordings (Sydney): each new plot is one that contributed nothing.
Shown share_plots(const std::filesystem::path& data, const std::string& split);

}  // namespace ganglion::bench::together
