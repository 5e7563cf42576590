#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "fleet/insight/common_cause.hpp"
#include "fleet/insight/model_health.hpp"
#include "fleet/insight/peers.hpp"
#include "fleet/insight/shape.hpp"
#include "fleet/insight/similar.hpp"
#include "fleet/testing/planted_fleet.hpp"

namespace ganglion::fleet::insight {
namespace {

using testing::compare;
using testing::Found;

History ramp(size_t n, double slope, double noise, uint64_t seed) {
    std::mt19937_64 random(seed);
    std::normal_distribution<double> normal(0, noise);
    History history;
    for (size_t i = 0; i < n; ++i)
        history.push_back(5 + slope * static_cast<double>(i) + normal(random));
    return history;
}

TEST(History, median_leaves_out_what_is_missing) {
    EXPECT_EQ(median({3, kMissing, 1, 2}), 2);
    EXPECT_EQ(median({4, 1, 3, 2}), 2.5);
    EXPECT_TRUE(std::isnan(median({kMissing})));
}

TEST(History, false_discovery_rates_are_those_of_the_paper) {
    // Benjamini and Hochberg 1995, section 3.2: fifteen tests of a trial; at 5 % the four smallest
    // p-values are discoveries.
    const std::vector<double> p = {0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
                                   0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0};
    const auto rates = false_discovery_rates(p);
    EXPECT_LE(rates[3], 0.05);
    EXPECT_GT(rates[4], 0.05);
    EXPECT_NEAR(rates[3], 0.0095 * 15 / 4, 1e-12);
}

TEST(Shape, a_trend_is_measured_and_leads_to_its_threshold) {
    const ShapeFinding finding = find_shape(ramp(60, 0.1, 0.5, 1));
    ASSERT_EQ(finding.shape, Shape::trend);
    EXPECT_NEAR(finding.slope, 0.1, 0.02);
    EXPECT_LT(finding.slope_low, finding.slope);
    EXPECT_GT(finding.slope_high, finding.slope);
    const auto time = time_to_threshold(finding, 15);
    ASSERT_TRUE(time);
    EXPECT_NEAR(time->expected, (15 - 5 - 0.1 * 59) / 0.1, 10);
    EXPECT_LT(time->earliest, time->expected);
    ASSERT_TRUE(time->latest);
    EXPECT_GT(*time->latest, time->expected);
    EXPECT_FALSE(time_to_threshold(finding, 0)) << "the trend leads away from it";
}

TEST(Shape, the_interval_of_days_to_the_threshold_holds_the_truth) {
    size_t held = 0;
    constexpr size_t trials = 200;
    for (uint64_t seed = 0; seed < trials; ++seed) {
        const auto time = time_to_threshold(find_shape(ramp(60, 0.1, 0.5, seed)), 15);
        ASSERT_TRUE(time);
        const double truth = (15 - 5 - 0.1 * 59) / 0.1;
        held += time->earliest <= truth && (!time->latest || *time->latest >= truth) ? 1 : 0;
    }
    EXPECT_GE(held, trials * 85 / 100);
}

TEST(Shape, a_step_is_found_where_it_is) {
    History history = ramp(80, 0, 1, 3);
    for (size_t i = 50; i < history.size(); ++i) history[i] += 3;
    const ShapeFinding finding = find_shape(history);
    ASSERT_EQ(finding.shape, Shape::step);
    EXPECT_NEAR(static_cast<double>(finding.since), 50, 2);
    EXPECT_NEAR(finding.jump, 3, 0.7);
    EXPECT_NEAR(finding.level, 8, 0.7);
}

TEST(Shape, steady_histories_stay_steady_also_where_noise_lasts) {
    std::mt19937_64 random(7);
    std::normal_distribution<double> normal;
    size_t named = 0;
    constexpr size_t trials = 400;
    for (size_t trial = 0; trial < trials; ++trial) {
        History history;
        double value = 0;
        for (size_t i = 0; i < 60; ++i) history.push_back(value = 0.4 * value + normal(random));
        named += find_shape(history, 0.01).shape != Shape::steady ? 1 : 0;
    }
    EXPECT_LE(named, trials * 3 / 100);
}

TEST(Shape, too_little_is_steady) {
    EXPECT_EQ(find_shape(ramp(11, 1, 0.1, 1)).shape, Shape::steady);
    EXPECT_EQ(find_shape(History(100, kMissing)).shape, Shape::steady);
    EXPECT_EQ(find_shape(History(100, 2.0)).shape, Shape::steady);
}

TEST(Peers, drifting_devices_are_told_from_site_events) {
    Found devices, sites;
    for (uint64_t seed = 1; seed <= 8; ++seed) {
        const auto fleet = testing::drift_fleet({}, seed);
        const PeerFindings findings = compare_peers(fleet.histories);
        std::set<std::string> named, eventful;
        for (const DeviceUnlike& device : findings.devices) named.insert(device.device);
        for (const SiteEvent& site : findings.sites) eventful.insert(site.site);
        devices += compare(named, fleet.drifting);
        sites += compare(eventful, fleet.eventful);
    }
    EXPECT_GE(devices.precision(), 0.95) << devices.wrong;
    EXPECT_GE(devices.recall(), 0.95) << devices.missed;
    EXPECT_GE(sites.precision(), 0.95) << sites.wrong;
    EXPECT_GE(sites.recall(), 0.95) << sites.missed;
}

TEST(Peers, a_fleet_in_order_has_nothing_to_say) {
    size_t named = 0;
    for (uint64_t seed = 1; seed <= 8; ++seed) {
        auto fleet = testing::drift_fleet({.effect = 0}, seed);
        const PeerFindings findings = compare_peers(fleet.histories);
        named += findings.devices.empty() && findings.sites.empty() ? 0 : 1;
    }
    EXPECT_LE(named, 1U);
}

TEST(CommonCause, planted_causes_are_named_and_no_others) {
    Found all;
    for (uint64_t seed = 1; seed <= 40; ++seed) {
        const auto fleet = testing::cause_fleet({}, 2, seed);
        std::set<std::string> named;
        for (const CommonCause& cause : find_common_causes(fleet.members, fleet.anomalies))
            named.insert(cause.attribute + "=" + cause.value);
        all += compare(named, fleet.causes);
    }
    EXPECT_GE(all.precision(), 0.95) << all.wrong;
    EXPECT_GE(all.recall(), 0.95) << all.missed;
}

TEST(CommonCause, chance_alone_has_no_cause) {
    size_t named = 0;
    for (uint64_t seed = 1; seed <= 20; ++seed) {
        const auto fleet = testing::cause_fleet({}, 0, seed);
        named += find_common_causes(fleet.members, fleet.anomalies).size();
    }
    EXPECT_LE(named, 1U);
}

TEST(CommonCause, devices_it_does_not_know_are_left_out) {
    EXPECT_TRUE(find_common_causes({}, {{"stranger", 5}}).empty());
    EXPECT_TRUE(find_common_causes({{"a", {{"site", "x"}}}}, {{"a", -5}}).empty());
}

ScoreSketch sketch(const std::array<double, kScoreBins>& shares, uint64_t total, uint64_t seed) {
    std::mt19937_64 random(seed);
    std::discrete_distribution<size_t> bins(shares.begin(), shares.end());
    ScoreSketch scores{};
    for (uint64_t i = 0; i < total; ++i) ++scores[bins(random)];
    return scores;
}

constexpr std::array<double, kScoreBins> kTrained = {0.7, 0.12, 0.06, 0.04, 0.03, 0.02, 0.02, 0.01};
constexpr std::array<double, kScoreBins> kDrifted = {0.5, 0.2, 0.1, 0.07, 0.05, 0.04, 0.03, 0.01};

TEST(ModelHealth, a_version_that_drifts_or_alerts_more_is_named) {
    Found drifted, alerting;
    for (uint64_t seed = 1; seed <= 50; ++seed) {
        std::mt19937_64 random(seed);
        std::vector<VersionReport> versions;
        std::set<std::string> bad_scores, bad_alerts;
        for (uint32_t v = 0; v < 4; ++v) {
            const std::string name = "1." + std::to_string(v);
            const bool drifts = v == 3 && seed % 2 == 0;
            const bool alerts = v == 2 && seed % 3 == 0;
            if (drifts) bad_scores.insert(name);
            if (alerts) bad_alerts.insert(name);
            const double hours = 2000;
            std::poisson_distribution<uint64_t> count(hours * 0.1 * (alerts ? 2 : 1));
            versions.push_back({name, sketch(drifts ? kDrifted : kTrained, 20000, seed * 10 + v),
                                count(random), hours});
        }
        std::set<std::string> named_scores, named_alerts;
        for (const HealthFinding& finding : model_health(versions, kTrained)) {
            if (finding.drifted) named_scores.insert(finding.version);
            if (finding.alerts_differ) named_alerts.insert(finding.version);
        }
        drifted += compare(named_scores, bad_scores);
        alerting += compare(named_alerts, bad_alerts);
    }
    EXPECT_GE(drifted.precision(), 0.95);
    EXPECT_GE(drifted.recall(), 0.95);
    EXPECT_GE(alerting.precision(), 0.95);
    EXPECT_GE(alerting.recall(), 0.95);
}

TEST(ModelHealth, two_versions_disagree_where_their_scores_do) {
    const Drift same = disagreement(sketch(kTrained, 20000, 1), sketch(kTrained, 20000, 2));
    EXPECT_GT(same.p, 0.01);
    EXPECT_LT(same.distance, 0.02);
    const Drift other = disagreement(sketch(kTrained, 20000, 1), sketch(kDrifted, 20000, 2));
    EXPECT_LT(other.p, 1e-6);
    EXPECT_NEAR(other.distance, 0.2, 0.03);
    EXPECT_EQ(disagreement(sketch(kTrained, 50, 1), sketch(kDrifted, 50, 2)).p, 1) << "too few";
}

TEST(ModelHealth, equal_rates_are_tested_exactly) {
    // 10 of 10 alerts in half of the hours: 2 * 0.5^10.
    EXPECT_NEAR(equal_alert_rate({"a", {}, 10, 5}, {"b", {}, 0, 5}), 2 * std::pow(0.5, 10), 1e-12);
    EXPECT_EQ(equal_alert_rate({"a", {}, 0, 5}, {"b", {}, 0, 5}), 1);
    EXPECT_EQ(equal_alert_rate({"a", {}, 3, 5}, {"b", {}, 3, 5}), 1);
}

TEST(Similar, failures_that_begin_are_found) {
    Found all;
    for (uint64_t seed = 1; seed <= 10; ++seed) {
        const auto fleet = testing::failure_fleet({}, seed);
        std::vector<Candidate> candidates;
        for (const PeerHistory& peer : fleet.histories)
            candidates.push_back({peer.device, peer.history});
        std::set<std::string> named;
        for (const SimilarHistory& similar : similar_histories(fleet.pattern, candidates))
            named.insert(similar.device);
        all += compare(named, fleet.beginning);
    }
    EXPECT_GE(all.precision(), 0.95) << all.wrong;
    EXPECT_GE(all.recall(), 0.95) << all.missed;
}

TEST(Similar, short_patterns_and_histories_say_nothing) {
    EXPECT_TRUE(similar_histories({1, 2, 3}, {{"a", History(50, 1.0)}}).empty());
    EXPECT_TRUE(similar_histories(ramp(10, 1, 0.1, 1), {{"a", ramp(15, 1, 0.1, 2)}}).empty());
    EXPECT_TRUE(similar_histories(ramp(10, 1, 0.1, 1), {{"a", History(50, 1.0)}}).empty());
}

}  // namespace
}  // namespace ganglion::fleet::insight
