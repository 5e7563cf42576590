#include "device/learn/series_guard.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <vector>

namespace ganglion {
namespace {

using Verdict = SeriesGuard::Verdict;

constexpr SeriesGuardParameters kMeter{.seasonal = {.slots = 168,
                                                    .day = 24,
                                                    .profile_shift = 5,
                                                    .rate_q10 = 8,
                                                    .least_deviation = 1,
                                                    .clip_q4 = 160,
                                                    .patience = 48,
                                                    .reserved = 0,
                                                    .weights_q14 = {12000, 0, 0, 2000, 0},
                                                    .correction_q14 = 14500},
                                       .sudden = {1536, 1024, 3584, 128, 840, 24},
                                       .sustained = {1280, 768, 2560, 128, 840, 24},
                                       .least_value = 0,
                                       .most_value = 20000,
                                       .window = 6,
                                       .stuck_slots = 6};

// A meter whose load has a day's and a week's shape and a little noise.
struct Meter {
    Meter() : memory(SeriesGuard::state_bytes(kMeter) / 8) { guard.start(kMeter, bytes()); }
    std::span<uint8_t> bytes() {
        return {reinterpret_cast<uint8_t*>(memory.data()), memory.size() * 8};
    }
    int16_t load() {
        const uint32_t of_day = hour % 24;
        const uint32_t shape = of_day < 12 ? of_day * 200 : (24 - of_day) * 200;
        const uint32_t weekend = hour % 168 >= 120 ? 500 : 0;
        uint32_t noise = 0;
        for (int i = 0; i < 4; ++i) noise += random() % 51;
        return static_cast<int16_t>(4000 + shape - weekend + noise);
    }
    SeriesGuard::Judgement push(int16_t value) { return guard.push(hour++ % 168, value); }
    void live(uint32_t hours) {
        for (uint32_t i = 0; i < hours; ++i) alerts += push(load()).verdict != Verdict::normal;
    }

    std::minstd_rand random{1};
    std::vector<uint64_t> memory;
    SeriesGuard guard;
    uint32_t hour = 0;
    uint32_t alerts = 0;
};

TEST(SeriesGuard, IsQuietOnWhatIsUsual) {
    Meter meter;
    meter.live(52 * 168);
    EXPECT_LE(meter.alerts, 52U);
}

TEST(SeriesGuard, NamesWhatDoesNotBelong) {
    const auto after_a_while = [](const std::function<int16_t(Meter&, int)>& fault, int hours) {
        Meter meter;
        meter.live(12 * 168);
        Verdict verdict = Verdict::normal;
        uint16_t score = 0;
        for (int i = 0; i < hours && verdict == Verdict::normal; ++i) {
            const auto judgement = meter.push(fault(meter, i));
            verdict = judgement.verdict;
            score = judgement.score_permille;
        }
        EXPECT_EQ(verdict == Verdict::normal, score < 500) << score;
        return verdict;
    };
    EXPECT_EQ(after_a_while([](Meter& m, int) { return m.load(); }, 12), Verdict::normal);
    EXPECT_EQ(after_a_while([](Meter& m, int) { return int16_t(m.load() * 5 / 4); }, 1),
              Verdict::sudden);
    EXPECT_EQ(after_a_while([](Meter& m, int i) { return int16_t(m.load() + 12 * (i + 1)); }, 30),
              Verdict::sustained);
    EXPECT_EQ(after_a_while([](Meter& m, int) { return int16_t(-m.load()); }, 1),
              Verdict::implausible);
    EXPECT_EQ(after_a_while([](Meter&, int) { return int16_t{20001}; }, 1), Verdict::implausible);
}

TEST(SeriesGuard, AStuckSensorIsFoundAndNotLearned) {
    Meter meter;
    meter.live(12 * 168);
    const int16_t frozen = meter.load();
    // The value stands still where it happened to be; that it departs from the forecast may show
    // first.
    uint32_t until_stuck = 0;
    while (until_stuck < 24) {
        ++until_stuck;
        if (meter.push(frozen).verdict == Verdict::stuck) break;
    }
    EXPECT_LE(until_stuck, 8U);
    for (int i = 0; i < 24 * 14; ++i) EXPECT_EQ(meter.push(frozen).verdict, Verdict::stuck);
    // Two weeks later the sensor is repaired: the shape of the week is still known.
    uint32_t alerts = 0;
    for (int i = 0; i < 168; ++i) alerts += meter.push(meter.load()).verdict != Verdict::normal;
    EXPECT_LE(alerts, 4U);
}

// A load that rests at zero every night is no stuck sensor.
TEST(SeriesGuard, LearnsHowLongThisSeriesStandsStill) {
    Meter meter;
    uint32_t stuck = 0;
    for (uint32_t i = 0; i < 12 * 168; ++i) {
        const int16_t value = meter.hour % 24 < 10 ? int16_t{0} : meter.load();
        stuck += meter.push(value).verdict == Verdict::stuck;
    }
    EXPECT_EQ(stuck, 0U);
}

TEST(SeriesGuard, GoesOnFromStoredBytes) {
    Meter meter;
    meter.live(5 * 168 + 7);
    Meter restarted;
    restarted.memory = meter.memory;
    restarted.random = meter.random;
    restarted.hour = meter.hour;
    ASSERT_EQ(restarted.guard.resume(kMeter, restarted.bytes()), Status::ok);
    meter.live(300);
    restarted.live(300);
    EXPECT_EQ(restarted.memory, meter.memory);

    const Meter factory;
    for (size_t i = 0; i < meter.memory.size(); ++i) meter.memory[i] = i * 0x9E3779B97F4A7C15ULL;
    EXPECT_EQ(meter.guard.resume(kMeter, meter.bytes()), Status::bad_value);
    EXPECT_EQ(meter.memory, factory.memory);
}

TEST(SeriesGuard, TakesAnything) {
    Meter meter;
    for (uint32_t i = 0; i < 40000; ++i) {
        const auto value = static_cast<int16_t>(meter.random() >> 8);
        const auto judgement = meter.guard.push(meter.random(), i % 7 == 0 ? kMissing : value);
        EXPECT_LE(judgement.score_permille, 1000);
    }
    EXPECT_EQ(meter.guard.resume(kMeter, meter.bytes()), Status::ok);
}

TEST(SeriesGuardParameters, AreChecked) {
    EXPECT_EQ(kMeter.check(), Status::ok);
    const auto refused = [](auto change) {
        SeriesGuardParameters parameters = kMeter;
        change(parameters);
        return parameters.check() == Status::bad_value;
    };
    EXPECT_TRUE(refused([](auto& p) { p.seasonal.day = 0; }));
    EXPECT_TRUE(refused([](auto& p) { p.sudden.slots = 0; }));
    EXPECT_TRUE(refused([](auto& p) { p.sustained.slots = 0; }));
    EXPECT_TRUE(refused([](auto& p) { p.least_value = p.most_value; }));
    EXPECT_TRUE(refused([](auto& p) { p.least_value = kMissing; }));
    EXPECT_TRUE(refused([](auto& p) { p.window = 0; }));
    EXPECT_TRUE(refused([](auto& p) { p.window = 13; }));
    EXPECT_TRUE(refused([](auto& p) { p.stuck_slots = 1; }));
    EXPECT_TRUE(refused([](auto& p) { p.stuck_slots = 1001; }));
}

}  // namespace
}  // namespace ganglion
