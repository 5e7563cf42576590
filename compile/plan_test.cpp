#include "compile/plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <stdexcept>

namespace ganglion::compile {
namespace {

void expect_sound(const std::vector<Buffer>& buffers, const Plan& plan) {
    ASSERT_EQ(plan.offsets.size(), buffers.size());
    EXPECT_GE(plan.arena_bytes, plan.lower_bound);
    EXPECT_EQ(plan.arena_bytes % 16, 0U);
    for (size_t i = 0; i < buffers.size(); ++i) {
        EXPECT_EQ(plan.offsets[i] % 4, 0U);
        EXPECT_LE(plan.offsets[i] + buffers[i].bytes, plan.arena_bytes);
        for (size_t j = 0; j < i; ++j) {
            const bool same_time =
                buffers[i].first <= buffers[j].last && buffers[j].first <= buffers[i].last;
            const bool same_bytes = plan.offsets[i] < plan.offsets[j] + buffers[j].bytes &&
                                    plan.offsets[j] < plan.offsets[i] + buffers[i].bytes;
            const bool may_share = buffers[i].over == static_cast<int32_t>(j) ||
                                   buffers[j].over == static_cast<int32_t>(i);
            EXPECT_FALSE(same_time && same_bytes && !may_share) << i << " and " << j;
        }
    }
}

TEST(Plan, NothingNeedsNothing) {
    const Plan plan = plan_memory({});
    EXPECT_EQ(plan.arena_bytes, 0U);
    EXPECT_EQ(plan.lower_bound, 0U);
}

TEST(Plan, AChainTakesTwoNeighbours) {
    const std::vector<Buffer> buffers = {
        {100, 0, 0}, {400, 0, 1}, {240, 1, 2}, {400, 2, 3}, {16, 3, 3}};
    const Plan plan = plan_memory(buffers);
    expect_sound(buffers, plan);
    EXPECT_EQ(plan.lower_bound, 640U);
    EXPECT_EQ(plan.arena_bytes, 640U);
}

TEST(Plan, ABufferOverwritesAnother) {
    // 400 bytes become 900 that begin 500 before them, of which 200 become another 200.
    const std::vector<Buffer> buffers = {
        {400, 0, 1}, {900, 1, 2, 0, 500}, {200, 2, 3, 1, 0}, {100, 2, 3}};
    const Plan plan = plan_memory(buffers);
    expect_sound(buffers, plan);
    EXPECT_EQ(plan.offsets[0], plan.offsets[1] + 500);
    EXPECT_EQ(plan.offsets[2], plan.offsets[1]);
    EXPECT_EQ(plan.lower_bound, 1000U);
    EXPECT_EQ(plan.arena_bytes, 1008U);
}

TEST(Plan, RefusesCircles) {
    EXPECT_THROW((void)plan_memory({{4, 0, 1, 1}, {4, 1, 2, 0}}), std::runtime_error);
}

TEST(Plan, RandomChainsAreSound) {
    std::mt19937 random(3);
    for (int round = 0; round < 50; ++round) {
        std::vector<Buffer> buffers;
        for (int32_t chain = 0; chain < 4; ++chain) {
            for (int32_t time = 0; time < 6; ++time) {
                const bool over = time > 0 && random() % 2 == 0;
                buffers.push_back({1 + static_cast<uint32_t>(random() % 500), time, time + 1,
                                   over ? static_cast<int32_t>(buffers.size()) - 1 : -1,
                                   over ? static_cast<uint32_t>(random() % 100) * 4 : 0});
            }
        }
        expect_sound(buffers, plan_memory(buffers));
    }
}

TEST(Plan, RandomPlansAreSoundAndNearTheBound) {
    std::mt19937 random(7);
    uint64_t arena = 0;
    uint64_t bound = 0;
    for (int round = 0; round < 50; ++round) {
        std::vector<Buffer> buffers;
        for (uint32_t n = 1 + random() % 25; n > 0; --n) {
            const auto first = static_cast<int32_t>(random() % 20);
            buffers.push_back({1 + static_cast<uint32_t>(random() % 3000), first,
                               first + static_cast<int32_t>(random() % 5)});
        }
        const Plan plan = plan_memory(buffers);
        expect_sound(buffers, plan);
        arena += plan.arena_bytes;
        bound += plan.lower_bound;
    }
    EXPECT_LT(static_cast<double>(arena), 1.03 * static_cast<double>(bound));
}

/// The smallest arena of all orders in which buffers are put at their lowest free place.
uint32_t smallest_arena(const std::vector<Buffer>& buffers) {
    std::vector<size_t> order(buffers.size());
    std::iota(order.begin(), order.end(), size_t{0});
    uint64_t best = UINT64_MAX;
    do {
        std::vector<uint64_t> offsets(buffers.size());
        uint64_t arena = 0;
        for (size_t n = 0; n < order.size(); ++n) {
            const Buffer& buffer = buffers[order[n]];
            const auto size_of = [](const Buffer& of) { return (uint64_t{of.bytes} + 3) / 4 * 4; };
            uint64_t& offset = offsets[order[n]];
            for (bool moved = true; moved;) {
                moved = false;
                for (size_t i = 0; i < n; ++i) {
                    const Buffer& other = buffers[order[i]];
                    const uint64_t begin = offsets[order[i]];
                    if (buffer.first > other.last || other.first > buffer.last ||
                        offset >= begin + size_of(other) || begin >= offset + size_of(buffer)) {
                        continue;
                    }
                    offset = begin + size_of(other);
                    moved = true;
                }
            }
            arena = std::max(arena, offset + size_of(buffer));
        }
        best = std::min(best, arena);
    } while (std::next_permutation(order.begin(), order.end()));
    return static_cast<uint32_t>((best + 15) / 16 * 16);
}

TEST(Plan, SmallPlansAreOptimal) {
    std::mt19937 random(11);
    int above_bound = 0;
    for (int round = 0; round < 60; ++round) {
        std::vector<Buffer> buffers;
        for (uint32_t n = 7; n > 0; --n) {
            const auto first = static_cast<int32_t>(random() % 8);
            buffers.push_back({16 * (1 + static_cast<uint32_t>(random() % 12)), first,
                               first + static_cast<int32_t>(random() % 4)});
        }
        const Plan plan = plan_memory(buffers);
        expect_sound(buffers, plan);
        EXPECT_TRUE(plan.is_optimal);
        EXPECT_EQ(plan.arena_bytes, smallest_arena(buffers)) << "round " << round;
        above_bound += plan.arena_bytes > plan.lower_bound;
    }
    EXPECT_LT(above_bound, 60);
}

TEST(Plan, IsDeterministic) {
    const std::vector<Buffer> buffers = {
        {3, 0, 4}, {1000, 1, 2}, {999, 2, 3}, {5, 0, 0}, {17, 3, 5}};
    EXPECT_EQ(plan_memory(buffers).offsets, plan_memory(buffers).offsets);
}

TEST(Plan, RefusesImpossibleSizes) {
    EXPECT_THROW((void)plan_memory({{0x40000000, 0, 1}, {0x40000000, 0, 1}}), std::runtime_error);
}

}  // namespace
}  // namespace ganglion::compile
