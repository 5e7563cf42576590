#include "device/decide/decision.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <random>
#include <vector>

namespace ganglion {
namespace {

void set_threshold(DecisionParameters& p, uint16_t threshold) {
    p.thresholds[0] = threshold;
    p.releases[0] = threshold;
}

// A decider with memory of its own.
struct TestDecider : Decider {
    void start(const DecisionParameters& parameters, uint32_t rate_hz) {
        state.assign(state_bytes(parameters), 0xA5);
        Decider::start(parameters, uint64_t{parameters.minimum_gap_ms} * rate_hz / 1000, state);
    }
    std::vector<uint8_t> state;
};

// A softmax output of scale 1/256 and zero point -128: 1000/256 = 16000 / 2^12.
DecisionParameters class_rule() {
    DecisionParameters p{};
    p.kind = static_cast<uint32_t>(DecisionKind::class_probability);
    p.outputs = 2;
    p.label = 1;
    p.frames = 1;
    p.stride = 1;
    p.average = 1;
    p.consecutive = 1;
    set_threshold(p, 500);
    p.output_zero_point = -128;
    p.score_multiplier = 16000;
    p.score_shift = 12;
    return p;
}

std::span<const uint8_t> bytes_of(const DecisionParameters& p) {
    return {reinterpret_cast<const uint8_t*>(&p), sizeof p};
}

TEST(DecisionParameters, RefusesWhatIsOutOfRange) {
    DecisionParameters parsed;
    const DecisionParameters good = class_rule();
    EXPECT_EQ(parse_decision(bytes_of(good), parsed), Status::ok);
    EXPECT_EQ(std::memcmp(&parsed, &good, sizeof good), 0);
    EXPECT_EQ(parse_decision(bytes_of(good).first(155), parsed), Status::truncated);

    using Change = std::function<void(DecisionParameters&)>;
    const std::vector<Change> changes = {
        [](auto& p) { p.average = 0; },
        [](auto& p) { p.average = 33; },
        [](auto& p) { p.thresholds[0] = 0; },
        [](auto& p) { p.thresholds[0] = 1001; },
        [](auto& p) { p.consecutive = 0; },
        [](auto& p) { p.consecutive = 1001; },
        [](auto& p) { p.output_zero_point = 128; },
        [](auto& p) { p.input_zero_point = -129; },
        [](auto& p) { p.rescale_q16 = 1; },
        [](auto& p) { p.score_multiplier = 0; },
        [](auto& p) { p.score_multiplier = 1U << 15U; },
        [](auto& p) { p.score_shift = 0; },
        [](auto& p) { p.score_shift = 63; },
        [](auto& p) { p.kind = 2; },
        [](auto& p) { p.outputs = 1; },
        [](auto& p) { p.outputs = 17; },
        [](auto& p) { p.kind = 3; },  // classes score all outputs, not label 1
        [](auto& p) { p.frames = 0; },
        [](auto& p) { p.stride = 0; },
        [](auto& p) { p.silent = 2; },
        [](auto& p) { p.once = 2; },
        [](auto& p) { p.votes = 33; },
        [](auto& p) { p.votes = 3; },
        [](auto& p) { p.majority = 1; },
        [](auto& p) { p.sequential = 2; },
        [](auto& p) { p.sequential = 1; },
        [](auto& p) { p.evidence_q8[3] = 1; },
        [](auto& p) { p.releases[0] = 501; },
        [](auto& p) { p.releases[0] = 0; },
        [](auto& p) { p.thresholds[1] = 500; },
    };
    for (const Change& change : changes) {
        DecisionParameters wrong = good;
        change(wrong);
        EXPECT_EQ(parse_decision(bytes_of(wrong), parsed), Status::bad_value);
    }
    DecisionParameters unknown = good;
    unknown.kind = 5;
    EXPECT_EQ(parse_decision(bytes_of(unknown), parsed), Status::unsupported);
}

TEST(ClassScore, IsTheProbabilityInPermille) {
    const DecisionParameters p = class_rule();
    for (int q = -128; q <= 127; ++q) {
        EXPECT_EQ(class_score(p, static_cast<int8_t>(q)), std::lround((q + 128) * 1000.0 / 256));
    }
    DecisionParameters shifted = p;
    shifted.output_zero_point = 100;
    EXPECT_EQ(class_score(shifted, 99), 0);  // negative probabilities of a linear output
    shifted.output_zero_point = -128;
    shifted.score_shift = 10;
    EXPECT_EQ(class_score(shifted, 127), 1000);  // saturates
}

TEST(ReconstructionScore, IsTheMeanSquareInPermilleOfFullScale) {
    constexpr size_t size = 27;
    constexpr double in_scale = 1.0 / 16;
    constexpr double out_scale = 0.071;
    constexpr double full_scale = 4.0;
    DecisionParameters p = class_rule();
    p.kind = static_cast<uint32_t>(DecisionKind::reconstruction_error);
    p.input_zero_point = 3;
    p.output_zero_point = -7;
    p.rescale_q16 = static_cast<uint32_t>(std::lround(out_scale / in_scale * 65536));
    const double factor = 1000.0 * in_scale * in_scale / 256 / (size * full_scale);
    p.score_shift = 14 + static_cast<uint32_t>(-std::floor(std::log2(factor)));
    p.score_multiplier =
        static_cast<uint32_t>(std::lround(std::ldexp(factor, static_cast<int>(p.score_shift))));
    DecisionParameters parsed;
    ASSERT_EQ(parse_decision(bytes_of(p), parsed), Status::ok);

    std::minstd_rand random(11);
    int below_full = 0;
    for (int round = 0; round < 500; ++round) {
        const int reach = 1 + round / 6;
        std::vector<int8_t> in(size);
        std::vector<int8_t> out(size);
        double sum = 0;
        for (size_t i = 0; i < size; ++i) {
            in[i] = static_cast<int8_t>(static_cast<int>(random() % 100) - 50);
            const double real = (in[i] - p.input_zero_point) * in_scale;
            const int off = static_cast<int>(random() % (2 * static_cast<unsigned>(reach))) - reach;
            out[i] = static_cast<int8_t>(std::lround(real / out_scale) + p.output_zero_point + off);
            const double difference = real - (out[i] - p.output_zero_point) * out_scale;
            sum += difference * difference;
        }
        const double expected = std::min(1000.0, 1000 * sum / size / full_scale);
        const size_t split = random() % (size + 1);
        const uint16_t score = reconstruction_score(parsed, std::span(in).first(split),
                                                    std::span(in).subspan(split), out);
        EXPECT_NEAR(score, expected, 1.0 + 0.01 * expected);
        below_full += score < 1000 ? 1 : 0;
    }
    EXPECT_GT(below_full, 250);
    EXPECT_LT(below_full, 500);
}

TEST(ReconstructionScore, SaturatesWithoutOverflow) {
    DecisionParameters p = class_rule();
    p.kind = static_cast<uint32_t>(DecisionKind::reconstruction_error);
    p.output_zero_point = 127;
    p.input_zero_point = -128;
    p.rescale_q16 = 16U << 16U;
    p.score_multiplier = (1U << 15U) - 1U;
    p.score_shift = 1;
    const std::vector<int8_t> in(1U << 20U, 127);
    const std::vector<int8_t> out(1U << 20U, -128);
    EXPECT_EQ(reconstruction_score(p, in, {}, out), 1000);
    p.score_shift = 62;  // 2^48 * 2^15 / 2^62
    EXPECT_EQ(reconstruction_score(p, in, {}, out), 2);
}

TEST(Decider, AveragesFromZero) {
    DecisionParameters p = class_rule();
    p.average = 4;
    TestDecider decider;
    decider.start(p, 16000);
    std::vector<uint16_t> averages;
    for (const uint16_t score : {400, 400, 400, 400, 0, 0, 0, 1000}) {
        const Decision decision = decider.decide(0, score);
        averages.push_back(decision.score_permille);
        EXPECT_FALSE(decision.fired);
        EXPECT_EQ(decision.label, 1);
    }
    EXPECT_EQ(averages, (std::vector<uint16_t>{100, 200, 300, 400, 300, 200, 100, 250}));
}

TEST(Decider, FiresOncePerCrossing) {
    TestDecider decider;
    decider.start(class_rule(), 16000);
    std::vector<int> fired;
    const std::vector<uint16_t> scores = {499, 500, 900, 900, 499, 900, 900, 100, 500};
    for (size_t i = 0; i < scores.size(); ++i) {
        const Decision decision = decider.decide(i * 960, scores[i]);
        EXPECT_EQ(decision.sample, i * 960);
        if (decision.fired) fired.push_back(static_cast<int>(i));
    }
    EXPECT_EQ(fired, (std::vector<int>{1, 5, 8}));
}

TEST(Decider, WaitsForConsecutiveAverages) {
    DecisionParameters p = class_rule();
    p.consecutive = 3;
    TestDecider decider;
    decider.start(p, 16000);
    std::vector<int> fired;
    const std::vector<uint16_t> scores = {600, 600, 400, 600, 600, 600, 600};
    for (size_t i = 0; i < scores.size(); ++i) {
        if (decider.decide(i, scores[i]).fired) fired.push_back(static_cast<int>(i));
    }
    EXPECT_EQ(fired, (std::vector<int>{5}));
}

TEST(Decider, KeepsTheGapAndThenFiresIfStillArmed) {
    DecisionParameters p = class_rule();
    p.minimum_gap_ms = 1000;
    TestDecider decider;
    decider.start(p, 1000);
    EXPECT_TRUE(decider.decide(0, 900).fired);
    EXPECT_FALSE(decider.decide(100, 0).fired);
    EXPECT_FALSE(decider.decide(500, 900).fired);  // crossed, but too early
    EXPECT_FALSE(decider.decide(999, 900).fired);
    EXPECT_TRUE(decider.decide(1000, 900).fired);  // still up when the gap ends
    EXPECT_FALSE(decider.decide(5000, 900).fired);
}

std::vector<int> fired_at(Decider& decider, const std::vector<uint16_t>& scores) {
    std::vector<int> fired;
    for (size_t i = 0; i < scores.size(); ++i) {
        if (decider.decide(i, scores[i]).fired) fired.push_back(static_cast<int>(i));
    }
    return fired;
}

TEST(Decider, HysteresisKeepsAWaveringScoreFromFiringTwice) {
    DecisionParameters p = class_rule();
    const std::vector<uint16_t> wavering = {0, 600, 450, 600, 450, 600, 100, 600};
    TestDecider decider;
    decider.start(p, 1000);
    EXPECT_EQ(fired_at(decider, wavering), (std::vector<int>{1, 3, 5, 7}));
    p.releases[0] = 300;
    decider.start(p, 1000);
    EXPECT_EQ(fired_at(decider, wavering), (std::vector<int>{1, 7}));
    p.releases[0] = kAlwaysReleased;  // each inference is an event of its own
    decider.start(p, 1000);
    EXPECT_EQ(fired_at(decider, {0, 600, 600, 600}), (std::vector<int>{1, 2, 3}));
}

TEST(Decider, AMajorityOutlivesAMiss) {
    DecisionParameters p = class_rule();
    p.votes = 4;
    p.majority = 3;
    TestDecider decider;
    decider.start(p, 1000);
    EXPECT_EQ(fired_at(decider, {900, 900, 0, 900, 0, 0, 0, 0}), (std::vector<int>{3}));
    decider.start(p, 1000);
    EXPECT_EQ(fired_at(decider, {900, 0, 0, 900, 0, 0, 900, 900}), (std::vector<int>{}));
    p.consecutive = 3;  // the same misses without votes
    p.votes = p.majority = 0;
    decider.start(p, 1000);
    EXPECT_EQ(fired_at(decider, {900, 900, 0, 900, 0, 0, 0, 0}), (std::vector<int>{}));
}

TEST(Decider, ASequentialTestAddsEvidenceUpToItsBound) {
    DecisionParameters p = class_rule();
    p.sequential = 1;
    p.evidence_bound_q8 = 3 * 256;
    for (uint32_t i = 0; i < kEvidenceSteps; ++i) p.evidence_q8[i] = i < 8 ? -256 : 256;
    DecisionParameters parsed;
    ASSERT_EQ(parse_decision(bytes_of(p), parsed), Status::ok);
    TestDecider decider;
    decider.start(p, 1000);
    // Three more for than against; then it must be wholly gone before it counts anew.
    EXPECT_EQ(fired_at(decider, {900, 0, 900, 900, 900, 900, 0, 0, 900, 0, 0, 900, 900, 900}),
              (std::vector<int>{4, 13}));
}

TEST(Decider, OfSeveralLabelsTheHighestFiresAndNothingNever) {
    DecisionParameters p = class_rule();
    p.kind = static_cast<uint32_t>(DecisionKind::classes);
    p.outputs = 3;
    p.label = 0;
    p.first_label = 4;
    p.thresholds[0] = p.releases[0] = 0;  // "nothing"
    p.thresholds[1] = p.releases[1] = 500;
    p.thresholds[2] = p.releases[2] = 300;
    DecisionParameters parsed;
    ASSERT_EQ(parse_decision(bytes_of(p), parsed), Status::ok);
    TestDecider decider;
    decider.start(p, 1000);
    const auto decide = [&](uint64_t sample, std::vector<uint16_t> scores) {
        return decider.decide(sample, std::span<const uint16_t>(scores));
    };
    EXPECT_FALSE(decide(0, {1000, 0, 0}).fired);
    EXPECT_FALSE(decide(1, {1000, 0, 0}).above);
    const Decision both = decide(2, {0, 550, 400});
    EXPECT_TRUE(both.fired);
    EXPECT_EQ(both.label, 5);
    EXPECT_EQ(both.score_permille, 550);
    const Decision other = decide(3, {0, 600, 400});  // the first has had its event
    EXPECT_TRUE(other.fired);
    EXPECT_EQ(other.label, 6);
    EXPECT_FALSE(decide(4, {0, 600, 400}).fired);
}

}  // namespace
}  // namespace ganglion
