#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "device/core/status.hpp"
#include "device/program/format.hpp"

namespace ganglion {

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

    /// Takes a program that load() has accepted before and that nobody has changed since, such as
    /// one in a slot whose bundle was proven when it was activated: no check, no cost at boot.
    void reopen(const uint8_t* bytes) { header_ = reinterpret_cast<const ProgramHeader*>(bytes); }

    uint32_t arena_bytes() const { return header_->arena_bytes; }
    uint32_t program_bytes() const { return header_->program_bytes; }
    uint32_t state_bytes() const { return header_->state_bytes; }  ///< 0: runs are independent
    /// Operations of one run.
    uint32_t operation_count() const { return header_->operation_count - header_->reset_count; }
    uint32_t input_count() const { return header_->input_count; }
    uint32_t output_count() const { return header_->output_count; }
    /// n below input_count() and output_count(), which are at least 1.
    const TensorInfo& input(uint32_t n = 0) const { return tensors()[n]; }
    const TensorInfo& output(uint32_t n = 0) const { return tensors()[input_count() + n]; }

    /// Writes the initial state, as before a model's first run; nothing where there is no state.
    void reset(std::span<int8_t> arena) const {
        execute(*header_, 0, header_->reset_count, arena.data());
    }

    /// Runs all operations. `arena` has at least arena_bytes() bytes, 16-byte aligned. Cannot fail.
    void run(std::span<int8_t> arena) const {
        execute(*header_, header_->reset_count, operation_count(), arena.data());
    }

    /// Runs the first `count` operations only (layer by layer checks and profiles).
    void run_until(std::span<int8_t> arena, uint32_t count) const {
        execute(*header_, header_->reset_count, std::min(count, operation_count()), arena.data());
    }

  private:
    /// Runs `count` operations behind the first `skipped` ones.
    static void execute(const ProgramHeader& header, uint32_t skipped, uint32_t count,
                        int8_t* arena);

    /// Inputs, then outputs.
    const TensorInfo* tensors() const { return reinterpret_cast<const TensorInfo*>(header_ + 1); }

    const ProgramHeader* header_ = &kEmptyProgram.header;
};

}  // namespace ganglion
