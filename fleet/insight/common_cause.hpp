#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace ganglion::fleet::insight {

/// What a device has in common with others: "site" → "north", "batch" → "B7", "firmware" → "1.2.0".
using Attributes = std::map<std::string, std::string>;

struct FleetMember {
    std::string device;
    Attributes attributes;
};

struct Anomaly {
    std::string device;
    int64_t time_ms = 0;
};

/// Far more of the devices that share something had an anomaly within one window of time than the
/// others did.
struct CommonCause {
    std::string attribute, value;
    int64_t begin_ms = 0, end_ms = 0;  ///< of the window
    uint32_t affected = 0;             ///< devices with the value and an anomaly in the window
    uint32_t members = 0;              ///< devices with the value
    uint32_t elsewhere = 0;            ///< other devices with an anomaly in the window
    double p = 1;                      ///< corrected for every value and window that was tried
};

struct CommonCauseSearch {
    int64_t window_ms = 3'600'000;  ///< windows overlap by half
    double significance = 0.01;
    uint32_t fewest_affected = 3;
};

/// Looks in every window of time at every value of every attribute, tests its devices against all
/// others (hypergeometric distribution: Fisher's exact test, one-sided), and keeps what stands
/// after multiplying by the number of tests (Bonferroni). The clearest finding explains its
/// devices' anomalies: they are taken out and the search goes on, so that a site which merely holds
/// most of a bad batch is not named too. Clearest first.
std::vector<CommonCause> find_common_causes(const std::vector<FleetMember>& fleet,
                                            const std::vector<Anomaly>& anomalies,
                                            const CommonCauseSearch& search = {});

}  // namespace ganglion::fleet::insight
