#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <vector>

#include "compile/operation.hpp"
#include "compile/report.hpp"

namespace ganglion::compile {

/// Where in its buffer an operation reads or writes: bytes behind the buffer's start, and how many
/// more in each turn of the loop around it.
struct Shift {
    uint32_t begin = 0, step = 0;
    bool operator==(const Shift&) const = default;
};

/// One operation of a program whose buffers have no places yet: its arena fields hold buffer
/// numbers. A RepeatOp counts the steps behind it that it runs.
struct Step {
    Operation operation;
    LayerReport layer;
    std::array<Shift, 2> reads{};  ///< of the inputs, in the order of arena_uses()
    Shift write{};
    bool is_by_rows = false;  ///< part of a row group
};

/// One variable's memory.
struct StateBuffer {
    uint32_t buffer;
    std::vector<uint8_t> initial;
};

/// A result that overwrites an earlier buffer, beginning `lead` bytes before it.
struct Over {
    uint32_t source, lead;
};

/// A tensor at the program's border, in a buffer.
struct Border {
    uint32_t buffer;
    uint32_t begin = 0;  ///< bytes behind the buffer's start
};

/// A program before its buffers have places.
struct Draft {
    std::vector<Step> steps;
    std::vector<uint32_t> bytes;  ///< of each buffer
    std::vector<StateBuffer> states;
    std::vector<Border> inputs, outputs;
    std::map<uint32_t, Over> over;  ///< result -> what it overwrites

    bool is_state(uint32_t buffer) const;
    bool is_input(uint32_t buffer) const;
    bool is_output(uint32_t buffer) const;
    bool is_border(uint32_t buffer) const { return is_input(buffer) || is_output(buffer); }

    uint32_t add_buffer(uint32_t size);
    /// Gives an operation a new buffer of the scratch that it asks for.
    void add_scratch(Operation& operation);
};

/// A place that a step uses, with its shift.
struct BufferUse {
    uint32_t buffer;
    bool writes, is_scratch;
    Shift shift;
    bool repeats = false;  ///< as in ArenaUse
};

/// All places of a step, reads first, the output last.
std::vector<BufferUse> uses_of(const Step& step);

/// Steps from `begin` up to, but not including, `end`.
struct StepRange {
    size_t begin, end;
    bool holds(size_t index) const { return begin <= index && index < end; }
};

/// The steps inside each loop.
std::vector<StepRange> loops_of(const std::vector<Step>& steps);

}  // namespace ganglion::compile
