#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace ganglion::fleet::insight {

constexpr size_t kScoreBins = 8;
/// How many scores fell into each eighth of the scale.
using ScoreSketch = std::array<uint64_t, kScoreBins>;

/// What all devices with one version of a model reported over some time.
struct VersionReport {
    std::string version;
    ScoreSketch scores{};
    uint64_t alerts = 0;
    double hours = 0;  ///< of sensing, over all devices
};

/// How one version stands against what training expected, or against another version.
struct Drift {
    double distance = 0;  ///< total variation between the two distributions, 0..1
    double p = 1;         ///< chi-squared test of equal distributions
};

/// Distance of a version's scores from expected shares (which add up to 1). Fewer than 100 scores
/// are no drift. Neighbouring scores of a device are alike, so `effective` says how many
/// independent ones stand for each counted, 0..1.
Drift drift_from_training(const ScoreSketch& scores, const std::array<double, kScoreBins>& expected,
                          double effective = 0.1);

/// The same between two versions in the field (chi-squared test of homogeneity).
Drift disagreement(const ScoreSketch& a, const ScoreSketch& b, double effective = 0.1);

/// Two-sided p that two versions alert equally often: given all alerts, their split between the two
/// follows the hours (Przyborowski and Wilenski 1940).
double equal_alert_rate(const VersionReport& a, const VersionReport& b);

struct HealthFinding {
    std::string version;
    Drift drift;            ///< against training
    double alert_rate = 0;  ///< per hour
    double alert_p = 1;     ///< against all other versions, corrected for the number of versions
    bool drifted = false;   ///< distance and p both say so
    bool alerts_differ = false;
};

/// Every version against training and against the rest of the fleet. Drift counts from a total
/// variation of `least_distance`, alert rates from a factor of `least_factor`.
std::vector<HealthFinding> model_health(const std::vector<VersionReport>& versions,
                                        const std::array<double, kScoreBins>& expected,
                                        double least_distance = 0.1, double least_factor = 1.5,
                                        double significance = 0.01);

}  // namespace ganglion::fleet::insight
