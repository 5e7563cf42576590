#include "device/program/repeat.hpp"

#include <cstring>
#include <span>

#include "device/program/checks.hpp"

namespace ganglion {
namespace {

/// A record as one turn sees it: the record itself, or a copy whose places have moved.
class Turn {
  public:
    Turn(const RepeatOp& op, uint32_t turn) : op_(op), turn_(turn) {}

    const OpHeader& record(uint32_t number, const uint8_t* bytes) {
        const auto& plain = *reinterpret_cast<const OpHeader*>(bytes);
        const OpHeader* record = &plain;
        for (const RepeatOp::Move& move : std::span(op_.moves).first(op_.move_count)) {
            if (move.operation != number) continue;
            if (record == &plain) std::memcpy(words_, bytes, plain.bytes);
            words_[move.word] += turn_ * move.step;
            record = reinterpret_cast<const OpHeader*>(words_);
        }
        return *record;
    }

  private:
    const RepeatOp& op_;
    uint32_t turn_;
    alignas(8) uint32_t words_[RepeatOp::kMostWords];
};

const uint8_t* first_record(const RepeatOp& op) {
    return reinterpret_cast<const uint8_t*>(&op) + sizeof op;
}

}  // namespace

void repeat(const RepeatOp& op, int8_t* arena, const uint8_t* constants) {
    for (uint32_t n = 0; n < op.turns; ++n) {
        Turn turn(op, n);
        const uint8_t* bytes = first_record(op);
        for (uint32_t i = 0; i < op.operation_count; ++i) {
            const OpHeader& record = turn.record(i, bytes);
            Operations::find(record.kind, [&](auto row) { row.run(record, arena, constants); });
            bytes += record.bytes;
        }
    }
}

namespace {

/// Words of a record that name places in the arena, but for scratch, which does not move.
struct Places {
    uint32_t words[3];
    uint32_t count;
};

template <typename Record>
constexpr Places places_of() {
    Places places{};
    const auto add = [&](size_t offset) {
        places.words[places.count++] = static_cast<uint32_t>(offset / sizeof(uint32_t));
    };
    if constexpr (requires(Record record) { record.input; }) add(offsetof(Record, input));
    if constexpr (requires(Record record) { record.first.offset; }) {
        add(offsetof(Record, first.offset));
        add(offsetof(Record, second.offset));
    }
    if constexpr (requires(Record record) { record.output; }) add(offsetof(Record, output));
    return places;
}

uint32_t word_of(const OpHeader& record, uint32_t word) {
    return reinterpret_cast<const uint32_t*>(&record)[word];
}

/// Sign of a - b.
int order(uint32_t a, uint32_t b) {
    return a < b ? -1 : static_cast<int>(a > b);
}

/// Whether the moving words are places, stay below 2^31 and never pass each other. Regions lie
/// inside the arena and apart from each other in all turns where they do in the first and the last:
/// their places are linear in the turn.
bool good_moves(const Places& places, const OpHeader& first, const OpHeader& last,
                std::span<const RepeatOp::Move> moves, uint32_t number, uint32_t turns) {
    for (const RepeatOp::Move& move : moves) {
        if (move.operation != number) continue;
        const auto* end = places.words + places.count;
        if (std::find(places.words, end, uint32_t{move.word}) == end) return false;
        const uint64_t most = word_of(first, move.word) + uint64_t{move.step} * (turns - 1);
        if (most != word_of(last, move.word) || most >> 31 != 0) return false;
    }
    for (uint32_t i = 0; i < places.count; ++i) {
        for (uint32_t j = 0; j < i; ++j) {
            if (order(word_of(first, places.words[i]), word_of(first, places.words[j])) !=
                order(word_of(last, places.words[i]), word_of(last, places.words[j]))) {
                return false;
            }
        }
    }
    return true;
}

Status check_turns(const RepeatOp& op, uint32_t number, const uint8_t* bytes,
                   const ProgramLimits& limits) {
    const auto& first = *reinterpret_cast<const OpHeader*>(bytes);
    Turn last_turn(op, op.turns - 1U);
    const OpHeader& last = last_turn.record(number, bytes);
    if (&last == &first) return Status::ok;
    Places places{};
    Operations::find(first.kind,
                     [&](auto row) { places = places_of<typename decltype(row)::Record>(); });
    if (!good_moves(places, first, last, std::span(op.moves).first(op.move_count), number,
                    op.turns)) {
        return Status::bad_value;
    }
    return validate_operation(last, limits);
}

}  // namespace

Status check(const RepeatOp& op, const ProgramLimits& limits) {
    if (op.header.bytes < sizeof op || op.operation_count == 0 || op.turns == 0 ||
        op.move_count > RepeatOp::kMostMoves) {
        return Status::bad_value;
    }
    const uint8_t* bytes = first_record(op);
    uint32_t left = op.header.bytes - static_cast<uint32_t>(sizeof op);
    for (uint32_t i = 0; i < op.operation_count; ++i) {
        if (left < sizeof(OpHeader)) return Status::truncated;
        const auto& record = *reinterpret_cast<const OpHeader*>(bytes);
        if (record.bytes < sizeof(OpHeader) || record.bytes % 4 != 0 || record.bytes > left)
            return Status::bad_offset;
        if (record.kind == OpKind::repeat) return Status::unsupported;
        if (Status status = validate_operation(record, limits); status != Status::ok) return status;
        for (const RepeatOp::Move& move : std::span(op.moves).first(op.move_count)) {
            if (move.operation >= op.operation_count) return Status::bad_value;
            if (move.operation == i &&
                (record.bytes > 4 * RepeatOp::kMostWords || 4U * move.word >= record.bytes)) {
                return Status::bad_value;
            }
        }
        if (Status status = check_turns(op, i, bytes, limits); status != Status::ok) return status;
        bytes += record.bytes;
        left -= record.bytes;
    }
    return left == 0 ? Status::ok : Status::bad_offset;
}

}  // namespace ganglion
