// The heart's features over real recordings; skipped where those are absent.
#include <gtest/gtest.h>

#include <cmath>

#include "device/features/heart_rate_variability.hpp"
#include "device/features/pulse_detector.hpp"
#include "tests/shared.hpp"
#include "train/corpus/beat_frames.hpp"
#include "train/evaluate/beat_judgement.hpp"
#include "train/recordings/heart_records.hpp"
#include "train/recordings/table.hpp"

namespace ganglion::train {
namespace {

TEST(HeartRecordings, QrsComplexesAreFound) {
    GANGLION_NEEDS_SHARED("data/heart/manifest.csv");
    Hits beats;
    for (const HeartRecord& record :
         read_heart_records(tests::shared_dir() / "data/heart", "val")) {
        std::vector<FoundBeat> found;
        for (const BeatFrame& frame : beat_frames(record.samples, record.rate_hz, 3000))
            found.push_back({frame.sample, BeatClass::normal, false});
        beats.add(judge_beats(record, found).beats);
    }
    EXPECT_GT(beats.right, 10000U);
    EXPECT_GE(beats.sensitivity(), 0.995);
    EXPECT_GE(beats.precision(), 0.995);
}

// Intervals in 1/16 ms from second `from_s` on; those whose neighbours differ by a fifth are lost.
std::vector<uint16_t> trusted_intervals(const std::vector<double>& samples, uint32_t rate_hz,
                                        double true_rate_hz, double from_s) {
    std::vector<uint32_t> state(PulseDetector::state_bytes(rate_hz) / 4);
    PulseDetector detector;
    detector.start(rate_hz, {reinterpret_cast<uint8_t*>(state.data()), state.size() * 4});
    std::vector<double> at;
    for (const double sample : samples)
        if (detector.push(static_cast<int16_t>(sample)))
            at.push_back(static_cast<double>(detector.peak_q8()) / 256 / true_rate_hz);
    std::vector<double> intervals;
    for (size_t i = 1; i < at.size(); ++i)
        if (at[i] > from_s) intervals.push_back(at[i] - at[i - 1]);
    std::vector<uint16_t> trusted(intervals.size(), 0);
    for (size_t i = 1; i + 1 < intervals.size(); ++i) {
        const bool good = std::abs(intervals[i] - intervals[i - 1]) < 0.2 * intervals[i] &&
                          std::abs(intervals[i + 1] - intervals[i]) < 0.2 * intervals[i + 1];
        if (good) trusted[i] = static_cast<uint16_t>(std::lround(intervals[i] * 16000));
    }
    return trusted;
}

// HeartPy's documentation gives 62.376 beats a minute and RMSSD 57.070 ms for this record. Its
// first 45 s are a sensor without a finger; from what other pulses are taken there the rate
// depends.
TEST(HeartRecordings, PublishedValuesOfHeartPy) {
    GANGLION_NEEDS_SHARED("data/heart/ppg_heartpy/data2.csv.gz");
    const Table table = read_table(tests::shared_dir() / "data/heart/ppg_heartpy/data2.csv.gz");
    const auto whole = trusted_intervals(table.columns.at(1), 117, 116.996, 0);
    EXPECT_NEAR(hrv_time(whole).rmssd_q4 / 16.0, 57.070, 0.02 * 57.070);
    EXPECT_NEAR(hrv_time(whole).rate_q8 / 256.0, 62.376, 0.03 * 62.376);
    const auto worn = trusted_intervals(table.columns.at(1), 117, 116.996, 46);
    EXPECT_NEAR(hrv_time(worn).rate_q8 / 256.0, 62.376, 0.01 * 62.376);
    EXPECT_NEAR(hrv_time(worn).rmssd_q4 / 16.0, 57.070, 0.03 * 57.070);
}

}  // namespace
}  // namespace ganglion::train
