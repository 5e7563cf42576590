#include "cli/demo/judge.hpp"

#include <gtest/gtest.h>

namespace ganglion::cli {
namespace {

const Truth truth{true, false, {{1000, 2000}, {5000, 6000}}};

TEST(Judge, FindsRightMissedAndWrong) {
    const Verdict verdict = judge(truth, {1500, 3900}, 500);
    EXPECT_EQ(verdict.right, 1U);
    EXPECT_EQ(verdict.missed, 1U);
    EXPECT_EQ(verdict.wrong, 1U);
    EXPECT_EQ(verdict.delays, std::vector<uint64_t>{500});
}

TEST(Judge, AcceptsADecisionWithinTheToleranceOnly) {
    EXPECT_EQ(judge(truth, {2500}, 500).right, 1U);
    EXPECT_EQ(judge(truth, {2501}, 500).wrong, 1U);
    EXPECT_EQ(judge(truth, {999}, 500).wrong, 1U);
}

TEST(Judge, CountsASecondDecisionOnOneWordAsWrong) {
    const Verdict verdict = judge(truth, {1500, 1900, 5500}, 0);
    EXPECT_EQ(verdict.right, 2U);
    EXPECT_EQ(verdict.wrong, 1U);
    EXPECT_EQ(verdict.missed, 0U);
}

TEST(Judge, TakesRepeatsOfALastingFaultAsOne) {
    const Verdict verdict = judge({true, true, {{1000, 9000}}}, {900, 1500, 3000, 8000}, 0);
    EXPECT_EQ(verdict.right, 1U);
    EXPECT_EQ(verdict.wrong, 1U);
    EXPECT_EQ(verdict.delays, std::vector<uint64_t>{500});
}

TEST(Judge, SaysWhenTheTruthIsNotKnown) {
    EXPECT_EQ(to_text(judge({}, {1, 2}, 0), 2), "2 (truth not known)");
}

}  // namespace
}  // namespace ganglion::cli
