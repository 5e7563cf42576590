#pragma once

#include <bit>
#include <cstdint>

#include "device/core/status.hpp"
#include "device/kernels/op.hpp"
#include "device/program/tensor_info.hpp"

namespace ganglion {

static_assert(std::endian::native == std::endian::little,
              "programs are little-endian and used in place");

/// "GPRG", read as a little-endian number.
inline constexpr uint32_t kProgramMagic = 0x47525047;
inline constexpr uint16_t kProgramVersion = 3;
/// Every part begins on such a boundary, so that kernels may load whole words.
inline constexpr uint32_t kProgramAlignment = 16;

/// A program has at most this many inputs, and as many outputs.
inline constexpr uint32_t kMostBorderTensors = 64;

/// First bytes of a program. Then a TensorInfo for each input and each output, operation_count
/// records (each begins with OpHeader), constants, zeros up to a multiple of 16 less 4, and a
/// CRC-32 of all bytes before it.
struct ProgramHeader {
    uint32_t magic;
    uint16_t version;
    uint16_t header_bytes;   ///< with the tensors behind it
    uint32_t program_bytes;  ///< with the CRC
    uint32_t arena_bytes;
    uint32_t operation_count;
    uint32_t operations_offset, operations_bytes;
    uint32_t constants_offset, constants_bytes;
    uint32_t state_bytes;  ///< at the arena's start: kept from run to run
    uint32_t reset_count;  ///< the first operations: they write the initial state
    uint16_t input_count, output_count;
};
static_assert(sizeof(TensorInfo) == 36);
static_assert(sizeof(ProgramHeader) == 48);

constexpr uint32_t header_bytes(uint32_t inputs, uint32_t outputs) {
    return static_cast<uint32_t>(sizeof(ProgramHeader) + (inputs + outputs) * sizeof(TensorInfo));
}

/// What the operations of one program may refer to.
struct ProgramLimits {
    uint32_t arena_bytes;
    const uint8_t* constants;
    uint32_t constants_bytes;
};

/// Checks one record: size, shapes, every offset and multiplier. After ok, its kernel neither reads
/// nor writes outside arena and constants, whatever the data.
Status validate_operation(const OpHeader& record, const ProgramLimits& limits);

/// What a Program runs before it has loaded one: nothing, with an input and output of no bytes.
struct EmptyProgram {
    ProgramHeader header;
    TensorInfo none;
};
inline constexpr EmptyProgram kEmptyProgram{};

}  // namespace ganglion
