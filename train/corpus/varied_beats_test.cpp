#include "train/corpus/varied_beats.hpp"

#include <gtest/gtest.h>

#include "train/corpus/beat_frames.hpp"

namespace ganglion::train {
namespace {

constexpr size_t kEachLabel = 50;
constexpr int8_t kRegular = -100;

/// People whose every value is their number, but for the irregularity.
LabelledWindows people(uint32_t count) {
    LabelledWindows beats;
    beats.values = EcgBeats::kValues;
    for (uint16_t label = 0; label < kBeatLabels; ++label) {
        for (uint32_t i = 0; i < kEachLabel; ++i) {
            beats.inputs.insert(beats.inputs.end(), EcgBeats::kValues,
                                static_cast<int8_t>(i % count + 1));
            beats.inputs[beats.inputs.size() - EcgBeats::kValues + 14] = kRegular;
            beats.labels.push_back(label);
            beats.groups.push_back(i % count);
        }
    }
    return beats;
}

TEST(VariedBeats, CrossIntervalsAndShapesAndNeverTeachAnEarlyBeatWhereItIsIrregular) {
    const LabelledWindows recorded = people(5);
    LabelledWindows all = recorded;
    add_varied_beats(all, 3);
    ASSERT_EQ(all.inputs.size(), all.size() * all.window_values());
    EXPECT_TRUE(std::equal(recorded.inputs.begin(), recorded.inputs.end(), all.inputs.begin()));
    size_t crossed = 0, other_shape = 0, irregular = 0, irregular_wide = 0;
    for (size_t i = recorded.size(); i < all.size(); ++i) {
        const auto beat = all.window(i);
        const auto label = static_cast<BeatLabel>(all.labels[i]);
        EXPECT_EQ(beat[0], static_cast<int8_t>(all.groups[i] + 1));
        if (beat[14] == kRegular) {
            ++crossed;
            EXPECT_NE(label, BeatLabel::fibrillation);
            EXPECT_EQ(beat[7], beat[16]);
            other_shape += beat[7] != beat[0] ? 1 : 0;
            continue;
        }
        ++irregular;
        irregular_wide += label == BeatLabel::ventricular ? 1 : 0;
        EXPECT_NE(label, BeatLabel::normal);
        EXPECT_NE(label, BeatLabel::supraventricular);
        EXPECT_GT(beat[14], 50);
        EXPECT_EQ(beat[7], beat[0]);
    }
    EXPECT_EQ(crossed, 3 * kEachLabel);
    EXPECT_GT(other_shape, crossed / 2);
    EXPECT_GE(irregular - irregular_wide, 4 * kEachLabel);
    EXPECT_GT(irregular_wide, 0U);
}

TEST(VariedBeats, AreTheSameForTheSameSeed) {
    LabelledWindows one = people(3), same = one, other = one;
    add_varied_beats(one, 1);
    add_varied_beats(same, 1);
    add_varied_beats(other, 2);
    EXPECT_EQ(one.inputs, same.inputs);
    EXPECT_EQ(one.labels, same.labels);
    EXPECT_NE(one.inputs, other.inputs);
}

}  // namespace
}  // namespace ganglion::train
