// Fleets put together of real recordings of vibration, in which it is known who fails: what
// fleet/insight says of them. Days are windows of the recordings, drawn with a seed; nothing of
// insight is fitted to them.
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "fleet/insight/peers.hpp"
#include "fleet/testing/planted_fleet.hpp"
#include "tests/shared.hpp"
#include "train/recordings/table.hpp"

namespace ganglion {
namespace {

using fleet::insight::compare_peers;
using fleet::insight::PeerHistory;
using fleet::testing::Found;
using Days = std::vector<double>;

constexpr size_t kWindow = 1500;
constexpr size_t kDays = 60, kChange = 30;
constexpr int kFleets = 8;

/// The logarithm of the root mean square of each window of a recording: a day's score.
Days days_of(const std::string& file, size_t column = 0) {
    const auto table =
        train::read_table(tests::shared_dir() / "data" / "vibration" / (file + ".csv.gz"));
    const auto& samples = table.columns.at(column);
    Days days;
    for (size_t begin = 0; begin + kWindow <= samples.size(); begin += kWindow) {
        double sum = 0, squares = 0;
        for (size_t i = begin; i < begin + kWindow; ++i) {
            sum += samples[i];
            squares += samples[i] * samples[i];
        }
        const double mean = sum / kWindow;
        days.push_back(std::log(squares / kWindow - mean * mean) / 2);
    }
    return days;
}

struct Score {
    Found devices, sites;
    double least_effect = 1e9;  ///< of what was planted, in deviations of a healthy day
};

double mean_of(const Days& days) {
    double sum = 0;
    for (const double day : days) sum += day;
    return sum / static_cast<double>(days.size());
}

double effect_of(const Days& healthy, const Days& changed) {
    double squares = 0;
    const double mean = mean_of(healthy);
    for (const double day : healthy) squares += (day - mean) * (day - mean);
    return std::abs(mean_of(changed) - mean) /
           std::sqrt(squares / static_cast<double>(healthy.size()));
}

double draw(const Days& days, std::mt19937_64& random) {
    return days[random() % days.size()];
}

void compare_with(const std::vector<PeerHistory>& histories, const std::set<std::string>& failing,
                  const std::set<std::string>& eventful, Score& score) {
    const auto findings = compare_peers(histories);
    std::set<std::string> devices, sites;
    for (const auto& one : findings.devices) devices.insert(one.device);
    for (const auto& one : findings.sites) sites.insert(one.site);
    score.devices += fleet::testing::compare(devices, failing);
    score.sites += fleet::testing::compare(sites, eventful);
}

std::string name_of(const char* kind, size_t number) {
    return kind + std::to_string(number);
}

/// Ten sites of eight motors. In four of them a bearing fails: from one day on its days are those
/// of a bearing with a fault of seven thousandths of an inch, then of fourteen, then of twenty-one.
TEST(ReplayedFleet, MotorsWhoseBearingsFailAreNamedAndNoOthers) {
    GANGLION_NEEDS_SHARED("data/vibration");
    Days healthy = days_of("cwru/de_normal_load0_0");
    for (const double day : days_of("cwru/de_normal_load0_108000")) healthy.push_back(day);
    std::vector<std::vector<Days>> faults;  // by kind and size
    for (const char* kind : {"ball", "inner_race"}) {
        faults.emplace_back();
        for (const char* size : {"007", "014", "021"})
            faults.back().push_back(days_of(std::string("cwru/de_") + kind + size + "_load0"));
    }
    Score score;
    for (int seed = 1; seed <= kFleets; ++seed) {
        std::mt19937_64 random(static_cast<uint64_t>(seed));
        std::vector<PeerHistory> histories;
        std::set<std::string> failing;
        for (size_t device = 0; device < 80; ++device) {
            const bool fails = device % 20 == static_cast<size_t>(seed);
            PeerHistory one{name_of("motor-", device), name_of("site-", device / 8), {}};
            if (fails) failing.insert(one.device);
            const auto& fault = faults[random() % faults.size()];
            for (size_t day = 0; day < kDays; ++day)
                one.history.push_back(
                    fails && day >= kChange
                        ? draw(fault[(day - kChange) * 3 / (kDays - kChange)], random)
                        : draw(healthy, random));
            histories.push_back(std::move(one));
        }
        compare_with(histories, failing, {}, score);
    }
    for (const auto& fault : faults)
        score.least_effect = std::min(score.least_effect, effect_of(healthy, fault.front()));
    RecordProperty("least_effect", std::to_string(score.least_effect));
    EXPECT_GE(score.devices.precision(), 0.95) << score.devices.wrong;
    EXPECT_GE(score.devices.recall(), 0.95) << score.devices.missed;
    EXPECT_EQ(score.sites.wrong, 0U);
    EXPECT_GE(score.least_effect, 1.5) << "smaller than what insight promises to find";
}

/// Ten sites of eight gearboxes. At one of them all run under another load from one day on, which
/// is the site's event and nobody's fault; in four at other sites a tooth breaks.
TEST(ReplayedFleet, AnotherLoadAtASiteIsToldFromBrokenTeeth) {
    GANGLION_NEEDS_SHARED("data/vibration");
    const auto healthy = days_of("gearbox/healthy_load30");
    const auto loaded = days_of("gearbox/healthy_load90");
    const auto broken = days_of("gearbox/broken_tooth_load30");
    Score score;
    for (int seed = 1; seed <= kFleets; ++seed) {
        std::mt19937_64 random(static_cast<uint64_t>(seed));
        std::vector<PeerHistory> histories;
        std::set<std::string> failing;
        for (size_t device = 0; device < 80; ++device) {
            const bool is_loaded = device / 8 == static_cast<size_t>(seed);
            const bool breaks = !is_loaded && device % 20 == 0;
            PeerHistory one{name_of("gearbox-", device), name_of("site-", device / 8), {}};
            if (breaks) failing.insert(one.device);
            for (size_t day = 0; day < kDays; ++day) {
                const bool is_changed = day >= kChange;
                one.history.push_back(draw(is_changed && breaks      ? broken
                                           : is_changed && is_loaded ? loaded
                                                                     : healthy,
                                           random));
            }
            histories.push_back(std::move(one));
        }
        compare_with(histories, failing, {name_of("site-", static_cast<size_t>(seed))}, score);
    }
    score.least_effect = std::min(effect_of(healthy, loaded), effect_of(healthy, broken));
    RecordProperty("least_effect", std::to_string(score.least_effect));
    EXPECT_GE(score.devices.precision(), 0.95) << score.devices.wrong;
    EXPECT_GE(score.devices.recall(), 0.95) << score.devices.missed;
    EXPECT_GE(score.sites.precision(), 0.95) << score.sites.wrong;
    EXPECT_GE(score.sites.recall(), 0.95) << score.sites.missed;
    EXPECT_GE(score.least_effect, 1.5) << "smaller than what insight promises to find";
}

}  // namespace
}  // namespace ganglion
