#pragma once

#include <cstdint>
#include <cstring>

#include "device/kernels/op.hpp"

namespace ganglion {

/// Operations that run `turns` times while some of their places in the arena move: layers computed
/// row by row, so that their tensors never exist as a whole. The records of `operation_count`
/// operations, none of them a RepeatOp, follow within this one: header.bytes counts them too.
struct RepeatOp {
    static constexpr uint32_t kMostMoves = 4;
    /// Largest record that may move.
    static constexpr uint32_t kMostWords = 24;

    /// In turn n a word of one of the records, an input or the output, is n * step more.
    struct Move {
        uint16_t operation;  ///< number below operation_count
        uint16_t word;       ///< of its record
        uint32_t step;       ///< bytes
    };

    OpHeader header;
    uint16_t operation_count, turns;
    uint16_t move_count, reserved;
    Move moves[kMostMoves];
};
static_assert(sizeof(RepeatOp) == 44);

void repeat(const RepeatOp& op, int8_t* arena, const uint8_t* constants);

/// Moves a place of a record on by one turn: what repeat() does, for emitted code.
template <typename Record>
void move_on(Record& record, uint32_t word, uint32_t step) {
    auto* at = reinterpret_cast<unsigned char*>(&record) + word * sizeof(uint32_t);
    uint32_t place = 0;
    std::memcpy(&place, at, sizeof place);
    place += step;
    std::memcpy(at, &place, sizeof place);
}

}  // namespace ganglion
