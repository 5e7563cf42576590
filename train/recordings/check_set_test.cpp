#include "train/recordings/check_set.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

#include "train/synthesis/random.hpp"

namespace ganglion::train {
namespace {

Recording recording(const char* file, const char* group, const char* split) {
    return {file, "x", group, split, {}};
}

/// Bursts of noise at places that the seed chooses.
std::vector<int16_t> bursts(uint64_t seed) {
    Random random(seed);
    std::vector<int16_t> samples;
    while (samples.size() < 16000) {
        const double level = random.chance(0.5) ? 3000 : 30;
        for (size_t i = 500 + random.below(1500); i-- > 0;)
            samples.push_back(static_cast<int16_t>(level * random.normal()));
    }
    samples.resize(16000);
    return samples;
}

std::vector<int16_t> read(const Recording& r) {
    const auto name = r.path.string();
    if (name == "bad") throw std::runtime_error("bad: is not audio; leave it out");
    auto samples = bursts(name[0]);
    if (name == "b_quieter") {
        Random random(5);
        for (auto& s : samples) s = static_cast<int16_t>(s / 2 + static_cast<int>(random.below(5)));
    }
    return samples;
}

TEST(CheckSet, FindsWhatStandsInTwoSplits) {
    const std::vector<Recording> all{
        recording("a", "p1", "train"),        recording("b", "p2", "train"),
        recording("c", "p3", "train"),        recording("a2", "p4", "test"),
        recording("b_quieter", "p5", "test"), recording("d", "p3", "val"),
        recording("c2", "p3", "train"),       recording("bad", "p9", "val")};
    const auto report = check_set(all, read);
    EXPECT_EQ(report.shared_groups, std::vector<std::string>{"p3"});
    ASSERT_EQ(report.duplicates.size(), 1U);
    EXPECT_EQ(report.duplicates[0].one, "a");
    EXPECT_EQ(report.duplicates[0].other, "a2");
    ASSERT_EQ(report.near_duplicates.size(), 1U);
    EXPECT_EQ(report.near_duplicates[0].other, "b_quieter");
    EXPECT_EQ(report.unreadable, std::vector<std::string>{"bad: is not audio; leave it out"});
    EXPECT_EQ(report.warnings().size(), 4U);
    EXPECT_EQ(report.groups.at("train"), 3U);
    EXPECT_THAT(report.summary(),
                testing::HasSubstr("train: 4 recordings of 3 independent groups"));
}

TEST(CheckSet, UnlikeRecordingsPass) {
    const std::vector<Recording> all{recording("a", "p1", "train"), recording("e", "p2", "val"),
                                     recording("f", "p3", "test")};
    EXPECT_TRUE(check_set(all, read).warnings().empty());
    EXPECT_NO_THROW(refuse_shared_groups(all));
}

TEST(CheckSet, SharedGroupIsRefusedByName) {
    const std::vector<Recording> all{recording("a", "p1", "train"), recording("b", "p1", "test")};
    try {
        refuse_shared_groups(all);
        FAIL();
    } catch (const std::runtime_error& error) {
        EXPECT_THAT(error.what(), testing::HasSubstr("p1"));
    }
}

}  // namespace
}  // namespace ganglion::train
