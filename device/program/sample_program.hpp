#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <vector>

#include "device/core/crc32.hpp"
#include "device/kernels/add.hpp"
#include "device/kernels/conv_2d.hpp"
#include "device/kernels/copy.hpp"
#include "device/kernels/depthwise_conv_2d.hpp"
#include "device/kernels/fill.hpp"
#include "device/kernels/fully_connected.hpp"
#include "device/kernels/load_constants.hpp"
#include "device/kernels/lookup.hpp"
#include "device/kernels/pad.hpp"
#include "device/kernels/pool_2d.hpp"
#include "device/kernels/softmax.hpp"
#include "device/program/format.hpp"
#include "device/program/repeat.hpp"

// A small program with every kind of operation, built by hand for tests of the loader.

namespace ganglion::tests {

/// The records of a program, one after another.
struct Records {
    std::array<uint8_t, 2048> bytes{};
    uint32_t count = 0;
};

template <typename Op>
void append(Records& records, const Op& op) {
    std::memcpy(records.bytes.data() + records.count, &op, sizeof op);
    records.count += sizeof op;
}

template <typename Op>
constexpr OpHeader header_for(OpKind kind) {
    return {kind, static_cast<uint16_t>(sizeof(Op))};
}

/// Writes header, border, parts and a checksum that fits.
inline std::vector<uint8_t> assemble(ProgramHeader header, const std::vector<TensorInfo>& border,
                                     const Records& operations,
                                     const std::vector<uint8_t>& constants) {
    const auto aligned = [](uint32_t bytes) { return (bytes + 15) / 16 * 16; };
    header.header_bytes = static_cast<uint16_t>(sizeof header + border.size() * sizeof border[0]);
    header.operations_offset = aligned(header.header_bytes);
    header.operations_bytes = operations.count;
    header.constants_offset = aligned(header.operations_offset + header.operations_bytes);
    header.constants_bytes = static_cast<uint32_t>(constants.size());
    header.program_bytes = aligned(header.constants_offset + header.constants_bytes + 4);
    std::vector<uint8_t> bytes(header.program_bytes);
    std::memcpy(bytes.data(), &header, sizeof header);
    std::memcpy(bytes.data() + sizeof header, border.data(), border.size() * sizeof border[0]);
    std::memcpy(bytes.data() + header.operations_offset, operations.bytes.data(), operations.count);
    std::memcpy(bytes.data() + header.constants_offset, constants.data(), constants.size());
    return bytes;
}

inline void fix_checksum(std::vector<uint8_t>& bytes) {
    if (bytes.size() < 4) return;
    const uint32_t checksum = crc32(std::span<const uint8_t>(bytes).first(bytes.size() - 4));
    std::memcpy(bytes.data() + bytes.size() - 4, &checksum, sizeof checksum);
}

/// Image 4x4x2 at 0; pad to 6x6x2 at 32; conv 3x3 to 4x4x4 at 112 (scratch 176); depthwise 3x3 to
/// 256; average pool 2x2 to 320; max pool to 336; add in place; dense 4 to 3 at 340; softmax in
/// place; lookup to 344; constants to 352, from there every second byte to 360; two
/// lookups in a loop to 348 and 350. Reset fills 364.
inline std::vector<uint8_t> sample_program() {
    std::vector<uint8_t> constants(1024, 1);
    const auto table = [&](uint32_t offset, uint32_t channels) {
        for (uint32_t i = 0; i < channels; ++i) {
            const int32_t multiplier = (1 << 30) + 12345;
            std::memcpy(constants.data() + offset + 4 * (channels + i), &multiplier, 4);
            constants[offset + 8 * channels + i] = static_cast<uint8_t>(-5);
        }
        return ChannelTable{offset};
    };
    const OutputRange range{3, -128, 127};
    Records operations;
    append(operations, FillOp{header_for<FillOp>(OpKind::fill), 4, 364, -3});
    append(operations, PadOp{header_for<PadOp>(OpKind::pad), 4, 4, 2, 6, 6, 1, 1, 3, 0, 32});
    append(operations, Conv2dOp{header_for<Conv2dOp>(OpKind::conv_2d),
                                {6, 6, 2, 4, 4, 4, 3, 3, 1, 1, 1, 1, 0, 0},
                                32,
                                112,
                                176,
                                0,
                                table(128, 4),
                                range,
                                3,
                                0});
    append(operations, DepthwiseConv2dOp{header_for<DepthwiseConv2dOp>(OpKind::depthwise_conv_2d),
                                         {4, 4, 4, 4, 4, 4, 3, 3, 1, 1, 1, 1, 1, 1},
                                         112,
                                         256,
                                         0,
                                         table(192, 4),
                                         range,
                                         3,
                                         0});
    append(operations, Pool2dOp{header_for<Pool2dOp>(OpKind::average_pool_2d),
                                {4, 4, 4, 2, 2, 4, 2, 2, 2, 2, 1, 1, 0, 0},
                                256,
                                320,
                                range});
    append(operations, Pool2dOp{header_for<Pool2dOp>(OpKind::max_pool_2d),
                                {2, 2, 4, 1, 1, 4, 2, 2, 1, 1, 1, 1, 0, 0},
                                320,
                                336,
                                range});
    append(operations, AddOp{header_for<AddOp>(OpKind::add),
                             4,
                             {336, 3, 1 << 30, 0},
                             {320, 3, 1 << 30, 0},
                             336,
                             1 << 30,
                             -18,
                             range});
    append(operations, FullyConnectedOp{header_for<FullyConnectedOp>(OpKind::fully_connected), 1, 4,
                                        3, 336, 340, 0, 64, 1 << 30, -3, range});
    append(operations,
           SoftmaxOp{header_for<SoftmaxOp>(OpKind::softmax), 1, 3, 340, 340, 1 << 30, 20, -200});
    append(operations, LookupOp{header_for<LookupOp>(OpKind::lookup), 3, 340, 344, 512});
    append(operations,
           LoadConstantsOp{header_for<LoadConstantsOp>(OpKind::load_constants), 6, 352, 64});
    append(operations, RepeatOp{{OpKind::repeat, sizeof(RepeatOp) + sizeof(LookupOp)},
                                1,
                                2,
                                2,
                                0,
                                {{0, 2, 1}, {0, 3, 2}}});
    append(operations, LookupOp{header_for<LookupOp>(OpKind::lookup), 1, 340, 348, 512});
    append(operations, CopyOp{header_for<CopyOp>(OpKind::copy), 3, 1, 2, 1, 350, 360, 2, 1});
    ProgramHeader header{};
    header.magic = kProgramMagic;
    header.version = kProgramVersion;
    header.arena_bytes = 368;
    header.reset_count = 1;
    header.operation_count = 13;
    header.input_count = 1;
    header.output_count = 2;
    const std::vector<TensorInfo> border = {
        {0, 32, 0.5F, 3, 4, ElementType::int8, {}, {1, 4, 4, 2}},
        {344, 3, 1.0F / 256, -128, 2, ElementType::int8, {}, {1, 3, 1, 1}},
        {336, 4, 0.25F, 100, 1, ElementType::int16, {}, {2, 1, 1, 1}}};
    std::vector<uint8_t> bytes = assemble(header, border, operations, constants);
    fix_checksum(bytes);
    return bytes;
}

}  // namespace ganglion::tests
