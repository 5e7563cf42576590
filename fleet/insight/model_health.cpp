#include "fleet/insight/model_health.hpp"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/chi_squared.hpp>
#include <cmath>
#include <numeric>
#include <utility>

namespace ganglion::fleet::insight {
namespace {

constexpr uint64_t kFewestScores = 100;
/// A bin must be expected this often for the chi-squared distribution to hold (Cochran 1954).
constexpr double kLeastExpected = 5;

uint64_t total_of(const ScoreSketch& scores) {
    return std::accumulate(scores.begin(), scores.end(), uint64_t{0});
}

double chi_squared_tail(double statistic, double freedom) {
    if (freedom < 1) return 1;
    return boost::math::cdf(boost::math::complement(boost::math::chi_squared(freedom), statistic));
}

double rate_of(const VersionReport& report) {
    return report.hours > 0 ? static_cast<double>(report.alerts) / report.hours : 0;
}

/// The other versions together, without those that are already named.
VersionReport all_but(const std::vector<VersionReport>& versions, const std::vector<bool>& named,
                      size_t but) {
    VersionReport rest;
    for (size_t i = 0; i < versions.size(); ++i) {
        if (i == but || named[i]) continue;
        rest.alerts += versions[i].alerts;
        rest.hours += versions[i].hours;
    }
    return rest;
}

}  // namespace

Drift drift_from_training(const ScoreSketch& scores, const std::array<double, kScoreBins>& expected,
                          double effective) {
    const uint64_t total = total_of(scores);
    Drift drift;
    if (total < kFewestScores) return drift;
    const double n = static_cast<double>(total) * effective;
    double statistic = 0, freedom = -1;
    // Bins too rare to test are pooled into one.
    double pooled_expected = 0, pooled_seen = 0;
    const auto add = [&](double seen, double wanted) {
        statistic += (seen - wanted) * (seen - wanted) / wanted;
        freedom += 1;
    };
    for (size_t bin = 0; bin < kScoreBins; ++bin) {
        const double share = static_cast<double>(scores[bin]) / static_cast<double>(total);
        drift.distance += std::abs(share - expected[bin]) / 2;
        if (expected[bin] * n >= kLeastExpected) {
            add(share * n, expected[bin] * n);
        } else {
            pooled_expected += expected[bin] * n;
            pooled_seen += share * n;
        }
    }
    if (pooled_seen > 0 || pooled_expected > 0) add(pooled_seen, std::max(pooled_expected, 1.0));
    drift.p = chi_squared_tail(statistic, freedom);
    return drift;
}

Drift disagreement(const ScoreSketch& a, const ScoreSketch& b, double effective) {
    const uint64_t total_a = total_of(a), total_b = total_of(b);
    Drift drift;
    if (std::min(total_a, total_b) < kFewestScores) return drift;
    const double n_a = static_cast<double>(total_a) * effective;
    const double n_b = static_cast<double>(total_b) * effective;
    double statistic = 0, freedom = -1;
    for (size_t bin = 0; bin < kScoreBins; ++bin) {
        const double share_a = static_cast<double>(a[bin]) / static_cast<double>(total_a);
        const double share_b = static_cast<double>(b[bin]) / static_cast<double>(total_b);
        drift.distance += std::abs(share_a - share_b) / 2;
        const double both = (share_a * n_a + share_b * n_b) / (n_a + n_b);
        if (both * std::min(n_a, n_b) < kLeastExpected) continue;
        statistic += n_a * (share_a - both) * (share_a - both) / both;
        statistic += n_b * (share_b - both) * (share_b - both) / both;
        freedom += 1;
    }
    drift.p = chi_squared_tail(statistic, freedom);
    return drift;
}

double equal_alert_rate(const VersionReport& a, const VersionReport& b) {
    const uint64_t alerts = a.alerts + b.alerts;
    if (alerts == 0 || a.hours <= 0 || b.hours <= 0) return 1;
    const boost::math::binomial split(static_cast<double>(alerts), a.hours / (a.hours + b.hours));
    const auto seen = static_cast<double>(a.alerts);
    const double at_most = boost::math::cdf(split, seen);
    const double at_least =
        a.alerts == 0 ? 1.0 : boost::math::cdf(boost::math::complement(split, seen - 1));
    return std::min(1.0, 2 * std::min(at_most, at_least));
}

std::vector<HealthFinding> model_health(const std::vector<VersionReport>& versions,
                                        const std::array<double, kScoreBins>& expected,
                                        double least_distance, double least_factor,
                                        double significance) {
    std::vector<HealthFinding> findings;
    const auto tries = static_cast<double>(versions.size());
    for (const VersionReport& version : versions) {
        HealthFinding finding;
        finding.version = version.version;
        finding.drift = drift_from_training(version.scores, expected);
        finding.drift.p = std::min(1.0, finding.drift.p * tries);
        finding.drifted =
            finding.drift.distance >= least_distance && finding.drift.p <= significance;
        finding.alert_rate = rate_of(version);
        findings.push_back(std::move(finding));
    }
    // The version that stands out most is named and left out, so that the others are not measured
    // against it.
    std::vector<bool> named(versions.size(), false);
    for (;;) {
        size_t clearest = versions.size();
        for (size_t i = 0; i < versions.size(); ++i) {
            if (named[i]) continue;
            const VersionReport rest = all_but(versions, named, i);
            findings[i].alert_p = std::min(1.0, equal_alert_rate(versions[i], rest) * tries);
            const auto [low, high] = std::minmax({rate_of(versions[i]), rate_of(rest)});
            findings[i].alerts_differ =
                findings[i].alert_p <= significance && high >= least_factor * low;
            if (findings[i].alerts_differ &&
                (clearest == versions.size() || findings[i].alert_p < findings[clearest].alert_p))
                clearest = i;
        }
        if (clearest == versions.size()) return findings;
        named[clearest] = true;
        for (size_t i = 0; i < versions.size(); ++i)
            if (!named[i]) findings[i].alerts_differ = false;
    }
}

}  // namespace ganglion::fleet::insight
