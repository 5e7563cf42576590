#include "cli/demo/judge.hpp"

#include <gtest/gtest.h>

namespace ganglion::cli {
namespace {

const Truth truth{true, false, {{1000, 2000}, {5000, 6000}}};

TEST(Judge, FindsRightMissedAndWrong) {
    const Verdict verdict = judge(truth, {{1500}, {3900}}, 500);
    EXPECT_EQ(verdict.right, 1U);
    EXPECT_EQ(verdict.missed, 1U);
    EXPECT_EQ(verdict.wrong, 1U);
    EXPECT_EQ(verdict.delays, std::vector<uint64_t>{500});
}

TEST(Judge, AcceptsADecisionWithinTheToleranceOnly) {
    EXPECT_EQ(judge(truth, {{2500}}, 500).right, 1U);
    EXPECT_EQ(judge(truth, {{2501}}, 500).wrong, 1U);
    EXPECT_EQ(judge(truth, {{999}}, 500).wrong, 1U);
}

TEST(Judge, CountsASecondDecisionOnOneWordAsWrong) {
    const Verdict verdict = judge(truth, {{1500}, {1900}, {5500}}, 0);
    EXPECT_EQ(verdict.right, 2U);
    EXPECT_EQ(verdict.wrong, 1U);
    EXPECT_EQ(verdict.missed, 0U);
}

TEST(Judge, TakesRepeatsOfALastingFaultAsOne) {
    const Verdict verdict = judge({true, true, {{1000, 9000}}}, {{900}, {1500}, {3000}, {8000}}, 0);
    EXPECT_EQ(verdict.right, 1U);
    EXPECT_EQ(verdict.wrong, 1U);
    EXPECT_EQ(verdict.delays, std::vector<uint64_t>{500});
}

TEST(Judge, TellsLabelsApart) {
    const Truth labelled{true, true, {{0, 100, "dog"}, {50, 100, "knock"}, {200, 300, "", false}}};
    const Verdict verdict =
        judge(labelled, {{60, "knock"}, {70, "cry"}, {80, "knock"}, {250, "cry"}}, 0);
    EXPECT_EQ(verdict.outcomes,
              (std::vector{Outcome::right, Outcome::wrong, Outcome::neither, Outcome::neither}));
    EXPECT_EQ(verdict.by_label.at("dog").missed, 1U);
    EXPECT_EQ(verdict.by_label.at("cry").wrong, 1U);
    EXPECT_EQ(verdict.missed, 1U);
}

TEST(Judge, LeavesLabelsAloneWhoseTruthIsNotKnown) {
    const Truth some{true, true, {{0, 100, "wet"}}, {"wet"}};
    EXPECT_EQ(judge(some, {{50, "dry"}}, 0).wrong, 0U);
}

TEST(Judge, SaysWhenTheTruthIsNotKnown) {
    EXPECT_EQ(to_text(judge({}, {{1}, {2}}, 0), 2), "2 (truth not known)");
}

}  // namespace
}  // namespace ganglion::cli
