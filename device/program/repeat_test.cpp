#include "device/program/repeat.hpp"

#include <gtest/gtest.h>

#include "device/program/checks.hpp"
#include "device/program/sample_program.hpp"

namespace ganglion {
namespace {

/// Four turns that look two bytes up each: from 0, 2, 4, 6 to 8, 12, 16, 20.
struct Loop {
    RepeatOp repeat{{OpKind::repeat, sizeof(RepeatOp) + sizeof(LookupOp)}, 1, 4, 2, 0, {}};
    LookupOp lookup{tests::header_for<LookupOp>(OpKind::lookup), 2, 0, 8, 0};

    Loop() {
        repeat.moves[0] = {0, 2, 2};
        repeat.moves[1] = {0, 3, 4};
    }
};
static_assert(sizeof(Loop) == sizeof(RepeatOp) + sizeof(LookupOp));

/// A table that adds 1.
std::array<uint8_t, 256> successors() {
    std::array<uint8_t, 256> table{};
    for (int i = 0; i < 256; ++i) table[static_cast<size_t>(i)] = static_cast<uint8_t>(i - 128 + 1);
    return table;
}

Status check_loop(const Loop& loop, uint32_t arena_bytes = 22) {
    alignas(4) const std::array<uint8_t, 256> table = successors();
    return validate_operation(loop.repeat.header,
                              {arena_bytes, table.data(), static_cast<uint32_t>(table.size())});
}

TEST(Repeat, MovesItsPlacesEachTurn) {
    const Loop loop;
    ASSERT_EQ(check_loop(loop), Status::ok);
    alignas(4) const std::array<uint8_t, 256> table = successors();
    std::array<int8_t, 24> arena{1, 2, 3, 4, 5, 6, 7, 8};
    repeat(loop.repeat, arena.data(), table.data());
    const std::array<int8_t, 24> expected{1, 2, 3, 4, 5, 6, 7, 8, 2, 3, 0, 0,
                                          4, 5, 0, 0, 6, 7, 0, 0, 8, 9, 0, 0};
    EXPECT_EQ(arena, expected);
    LookupOp moved = loop.lookup;
    move_on(moved, 3, 4);
    EXPECT_EQ(moved.output, 12U);
}

TEST(Repeat, ChecksItsLastTurn) {
    EXPECT_EQ(check_loop(Loop(), 21), Status::bad_offset);
    Loop loop;
    loop.repeat.turns = 5;
    EXPECT_EQ(check_loop(loop), Status::bad_offset);
    loop = Loop();
    loop.repeat.moves[1].step = 0x80000000U;
    EXPECT_EQ(check_loop(loop), Status::bad_value);
    loop.repeat.moves[1].step = 0x55555556U;  // comes round to where it began
    EXPECT_EQ(check_loop(loop), Status::bad_value);
}

TEST(Repeat, MovesOnlyPlacesThatDoNotPassEachOther) {
    Loop loop;
    loop.repeat.moves[1] = {0, 2, 4};  // the input alone, twice: from before the output past it
    EXPECT_EQ(check_loop(loop), Status::bad_value);
    loop = Loop();
    loop.repeat.moves[1].word = 4;  // the table
    EXPECT_EQ(check_loop(loop), Status::bad_value);
    loop.repeat.moves[1].word = sizeof(LookupOp) / 4;
    EXPECT_EQ(check_loop(loop), Status::bad_value);
    loop = Loop();
    loop.repeat.moves[1].operation = 1;
    EXPECT_EQ(check_loop(loop), Status::bad_value);
    loop.repeat.move_count = RepeatOp::kMostMoves + 1;
    EXPECT_EQ(check_loop(loop), Status::bad_value);
}

TEST(Repeat, HoldsWholeRecordsAndNoLoop) {
    Loop loop;
    loop.lookup.header.kind = OpKind::repeat;
    EXPECT_EQ(check_loop(loop), Status::unsupported);
    loop = Loop();
    loop.lookup.header.bytes += 4;
    EXPECT_EQ(check_loop(loop), Status::bad_offset);
    loop = Loop();
    loop.repeat.operation_count = 2;
    EXPECT_EQ(check_loop(loop), Status::truncated);
    loop.repeat.operation_count = 0;
    EXPECT_EQ(check_loop(loop), Status::bad_value);
    loop = Loop();
    loop.repeat.turns = 0;
    EXPECT_EQ(check_loop(loop), Status::bad_value);
}

}  // namespace
}  // namespace ganglion
