#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "device/core/status.hpp"

namespace ganglion {

/// How the bytes of a tensor at the border are to be read.
enum class ElementType : uint8_t { int8 = 0, uint8 = 1 };

/// One tensor at the border of a program. real = scale * (value - zero_point); channels last; dims
/// beyond `rank` are 1.
struct TensorInfo {
    uint32_t offset;  ///< in the arena
    uint32_t bytes;   ///< one byte per element
    float scale;
    int32_t zero_point;
    uint8_t rank;
    ElementType type;
    uint8_t reserved[2];
    uint32_t dims[4];
};

/// A compiled model: position-independent bytes (docs/program.md), used in place, never copied.
///
///     Program program;
///     if (Status status = program.load(bytes); status != Status::ok) return status;
///     // arena: program.arena_bytes() bytes, 16-byte aligned
///     program.reset(arena);  // once before the first of a series of runs
///     memcpy(arena + program.input().offset, sample, program.input().bytes);
///     program.run(arena);
///     read(arena + program.output().offset);
///
/// Between runs the first state_bytes() of the arena hold the state of a streaming model and must
/// stay; the rest is scratch, and a run may overwrite the input.
class Program {
  public:
    /// Checks everything once: checksum, every operation's offsets, shapes and multipliers. `bytes`
    /// must be 16-byte aligned and outlive this object; bytes after the program's own end are
    /// ignored. Errors: truncated, bad_magic, bad_version, bad_checksum, bad_offset, bad_shape,
    /// bad_value, unsupported (an operation this build has no kernel for). After an error the
    /// object runs nothing.
    Status load(std::span<const uint8_t> bytes);

    uint32_t arena_bytes() const { return arena_bytes_; }
    uint32_t program_bytes() const { return program_bytes_; }
    uint32_t state_bytes() const { return state_bytes_; }  ///< 0: runs do not depend on each other
    /// Operations of one run.
    uint32_t operation_count() const { return operation_count_; }
    const TensorInfo& input() const { return input_; }
    const TensorInfo& output() const { return output_; }

    /// Writes the initial state, as before a model's first run; nothing where there is no state.
    void reset(std::span<int8_t> arena) const { execute(reset_operations_, reset_count_, arena); }

    /// Runs all operations. `arena` has at least arena_bytes() bytes, 16-byte aligned. Cannot fail.
    void run(std::span<int8_t> arena) const { run_until(arena, operation_count_); }

    /// Runs the first `count` operations only (layer by layer checks and profiles).
    void run_until(std::span<int8_t> arena, uint32_t count) const;

  private:
    void execute(const uint8_t* record, uint32_t count, std::span<int8_t> arena) const;

    const uint8_t* reset_operations_ = nullptr;
    const uint8_t* operations_ = nullptr;
    const uint8_t* constants_ = nullptr;
    uint32_t reset_count_ = 0;
    uint32_t operation_count_ = 0;
    uint32_t state_bytes_ = 0;
    uint32_t arena_bytes_ = 0;
    uint32_t program_bytes_ = 0;
    TensorInfo input_{};
    TensorInfo output_{};
};

}  // namespace ganglion
