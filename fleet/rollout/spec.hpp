#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "fleet/rollout/gate.hpp"
#include "fleet/store/records.hpp"

namespace ganglion::fleet {

struct Stage {
    double share = 1;    ///< of the cohort, the stages before included; rising
    int64_t wait_s = 0;  ///< after all its devices have settled
};

inline constexpr uint32_t kMostStages = 20;

/// A time of the week in which updates may be offered, UTC. `from` above `to`: over midnight.
struct Window {
    std::vector<int> days;  ///< 0 Monday to 6 Sunday, of the evening it begins; empty: all
    int from = 0, to = 0;   ///< minutes of the day
};

/// What a rollout shall do. Immutable once it has begun.
struct RolloutSpec {
    std::string release;  ///< id
    std::string name;
    std::string application;  ///< only devices that run it; empty: all
    std::string devices;      ///< only ids that match this pattern ("speaker-*"); empty: all
    Attributes attributes;    ///< only devices that have all of these
    std::vector<Stage> stages;
    std::vector<Window> windows;     ///< none: always
    uint32_t concurrency = 100;      ///< devices that fetch and install at the same time
    uint64_t bytes_per_second = 0;   ///< of pieces over the broker, all devices; 0: no limit
    int64_t after = 0;               ///< rollout that must be done first; 0: none
    double settled = 0.9;            ///< share of a stage that must have come to an end
    int64_t trial_limit_s = 86400;   ///< a trial of which nothing is heard so long has failed
    int64_t deadline_s = 7 * 86400;  ///< then what has not come to an end is named, and it is done
    int64_t look_s = 60;             ///< between two looks of the gates
    GateLimits gates;
};

nlohmann::json to_json(const RolloutSpec& spec);
/// Fields that are not there keep their default. Throws BadSpec saying which is wrong and how to
/// write it.
class BadSpec : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};
RolloutSpec read_spec(const nlohmann::json& object);

/// An object of texts: at most 32, names and values of 1 to 64 bytes. Throws BadSpec.
Attributes read_attributes(const nlohmann::json& object);

/// `time_ms` since 1970, UTC.
bool is_open(const std::vector<Window>& windows, int64_t time_ms);

/// '*' stands for any text, '?' for any character.
bool matches(std::string_view pattern, std::string_view text);

}  // namespace ganglion::fleet
