#include "bench/engine/stack_bound.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace ganglion::bench {
namespace {

TEST(StackBound, AddsTheCostliestPathOfCalls) {
    constexpr const char* kImage =
        "00000100 <main>:\n"
        "     100:\tpush\t{r4, lr}\n"
        "     102:\tsub\tsp, #24\n"
        "     104:\tbl\t200 <cheap>\n"
        "     108:\tbl\t300 <costly>\n"
        "     10c:\tbeq.n\t104 <main+0x4>\n"
        "00000200 <cheap>:\n"
        "     200:\tstr.w\tlr, [sp, #-4]!\n"
        "     204:\tb.w\t400 <last>\n"
        "00000300 <costly>:\n"
        "     300:\tstmdb\tsp!, {r4, r5, r6, r7, r8, lr}\n"
        "     304:\tvpush\t{d8-d15}\n"
        "     308:\tsub.w\tsp, sp, #128\t@ 0x80\n"
        "00000400 <last>:\n"
        "     400:\tbx\tlr\n";
    EXPECT_EQ(stack_bound(kImage, "main"), 8U + 24 + 24 + 64 + 128);
    EXPECT_EQ(stack_bound(kImage, "cheap"), 4U);
    EXPECT_THROW((void)stack_bound(kImage, "none"), std::runtime_error);
}

/// A pointer may lead to whatever function's address the image holds.
TEST(StackBound, FollowsPointers) {
    constexpr const char* kImage =
        "00000100 <main>:\n"
        "     100:\tpush\t{lr}\n"
        "     102:\tblx\tr3\n"
        "     104:\t.word\t0x00000201\n"
        "00000200 <held>:\n"
        "     200:\tsub\tsp, #40\n"
        "     202:\tbx\tlr\n"
        "00000300 <not_held>:\n"
        "     300:\tsub\tsp, #400\n";
    EXPECT_EQ(stack_bound(kImage, "main"), 44U);
}

/// Labels of assembly are no functions: code runs on past them and jumps back behind them.
TEST(StackBound, ReadsAssemblyWithLabels) {
    constexpr const char* kImage =
        "00000100 <main>:\n"
        "     100:\tpush\t{lr}\n"
        "     102:\tbl\t200 <work>\n"
        "     104:\tpop\t{pc}\n"
        "00000200 <work>:\n"
        "     200:\tpush\t{r4}\n"
        "     202:\tmov\tr0, r1\n"
        "00000204 <work_loop>:\n"
        "     204:\tsub\tsp, #8\n"
        "     206:\tbne.w\t202 <work+0x2>\n"
        "     208:\tbne.w\t204 <work_loop>\n"
        "     20a:\tbx\tlr\n"
        "0000020c <unrelated>:\n"
        "     20c:\tsub\tsp, #80\n";
    EXPECT_EQ(stack_bound(kImage, "main"), 4U + 4 + 8);
}

TEST(StackBound, ReadsRiscV) {
    constexpr const char* kImage =
        "80000000 <main>:\n"
        "80000000:\taddi\tsp,sp,-32\n"
        "80000004:\tjal\tra,80000100 <inner>\n"
        "80000100 <inner>:\n"
        "80000100:\taddi\tsp,sp,-16\n"
        "80000104:\taddi\tsp,sp,16\n";
    EXPECT_EQ(stack_bound(kImage, "main"), 48U);
}

TEST(StackBound, RefusesWhatHasNone) {
    EXPECT_THROW((void)stack_bound("00000100 <main>:\n"
                                   "     100:\tbl\t200 <other>\n"
                                   "00000200 <other>:\n"
                                   "     200:\tbl\t100 <main>\n",
                                   "main"),
                 std::runtime_error);
    EXPECT_THROW((void)stack_bound("00000100 <main>:\n"
                                   "     100:\tsub.w\tsp, sp, r3\n",
                                   "main"),
                 std::runtime_error);
}

}  // namespace
}  // namespace ganglion::bench
