#include "device/program/program.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "device/program/sample_program.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace ganglion {
namespace {

Status load(std::vector<uint8_t> bytes) {
    tests::fix_checksum(bytes);
    Program program;
    return program.load(bytes);
}

/// Status after writing `value` at `offset` of the header.
template <typename Value>
Status load_with(size_t offset, Value value) {
    std::vector<uint8_t> bytes = tests::sample_program();
    std::memcpy(bytes.data() + offset, &value, sizeof value);
    return load(bytes);
}

TEST(Program, LoadsAndRunsEveryKindOfOperation) {
    const std::vector<uint8_t> bytes = tests::sample_program();
    Program program;
    ASSERT_EQ(program.load(bytes), Status::ok);
    EXPECT_EQ(program.operation_count(), 12U);
    EXPECT_EQ(program.arena_bytes(), 368U);
    EXPECT_EQ(program.program_bytes(), bytes.size());
    ASSERT_EQ(program.input_count(), 1U);
    ASSERT_EQ(program.output_count(), 2U);
    EXPECT_EQ(program.input().bytes, 32U);
    EXPECT_EQ(program.output().offset, 344U);
    EXPECT_EQ(program.output(1).type, ElementType::int16);
    alignas(16) int8_t arena[368] = {};
    for (int i = 0; i < 32; ++i) arena[i] = static_cast<int8_t>(i * 7);
    program.run(arena);
    alignas(16) int8_t again[368];
    std::memset(again, 99, sizeof again);
    for (int i = 0; i < 32; ++i) again[i] = static_cast<int8_t>(i * 7);
    program.run(again);
    EXPECT_EQ(std::memcmp(arena + 344, again + 344, 3), 0)
        << "the result depends on old arena contents";
}

TEST(Program, ResetsMovesAndLoads) {
    const std::vector<uint8_t> bytes = tests::sample_program();
    Program program;
    ASSERT_EQ(program.load(bytes), Status::ok);
    alignas(16) int8_t arena[368] = {};
    program.reset(arena);
    EXPECT_EQ(arena[363], 0);
    for (int i = 364; i < 368; ++i) EXPECT_EQ(arena[i], -3);
    arena[365] = 5;
    program.run(arena);
    EXPECT_EQ(arena[365], 5) << "only reset() writes the initial state";
    for (int i = 0; i < 3; ++i) EXPECT_EQ(arena[361 + i], arena[352 + 2 * i]);
    EXPECT_EQ(arena[352], 1);
}

TEST(Program, KeepsCopiesInsideTheirArenaAndApart) {
    const std::vector<uint8_t> good = tests::sample_program();
    ProgramHeader header{};
    std::memcpy(&header, good.data(), sizeof header);
    const size_t copy = header.operations_offset + header.operations_bytes - sizeof(CopyOp);
    const auto status = [&](size_t field, uint32_t value) {
        std::vector<uint8_t> bytes = good;
        std::memcpy(bytes.data() + copy + field, &value, sizeof value);
        return load(bytes);
    };
    EXPECT_EQ(status(offsetof(CopyOp, rows), 0U), Status::bad_shape);
    EXPECT_EQ(status(offsetof(CopyOp, bytes), 0U), Status::bad_shape);
    EXPECT_EQ(status(offsetof(CopyOp, output_stride), 0U), Status::bad_shape);
    EXPECT_EQ(status(offsetof(CopyOp, rows), 0x80000000U), Status::bad_offset);
    EXPECT_EQ(status(offsetof(CopyOp, input_stride), 0xFFFFFFFFU), Status::bad_offset);
    EXPECT_EQ(status(offsetof(CopyOp, output_begin), 0xFFFFFF00U), Status::bad_offset);
    EXPECT_EQ(status(offsetof(CopyOp, input_begin), 9U), Status::bad_offset) << "overlaps";
}

TEST(Program, IsPositionIndependent) {
    const std::vector<uint8_t> bytes = tests::sample_program();
    alignas(16) static uint8_t elsewhere[4096];
    ASSERT_LE(bytes.size() + 16, sizeof elsewhere);
    std::memcpy(elsewhere + 16, bytes.data(), bytes.size());
    Program program;
    EXPECT_EQ(program.load(std::span<const uint8_t>(elsewhere + 16, sizeof elsewhere - 16)),
              Status::ok)
        << "bytes after the program's end do not matter";
}

TEST(Program, RefusesWhatIsNotAProgram) {
    EXPECT_EQ(load({}), Status::truncated);
    EXPECT_EQ(load(std::vector<uint8_t>(4096, 'x')), Status::bad_magic);
    EXPECT_EQ(load_with(4, uint16_t{99}), Status::bad_version);
    std::vector<uint8_t> bytes = tests::sample_program();
    bytes.resize(bytes.size() - 16);
    EXPECT_EQ(load(bytes), Status::truncated);
}

TEST(Program, RefusesMisalignedBytes) {
    const std::vector<uint8_t> bytes = tests::sample_program();
    alignas(16) static uint8_t shifted[4096];
    std::memcpy(shifted + 4, bytes.data(), bytes.size());
    Program program;
    EXPECT_EQ(program.load(std::span<const uint8_t>(shifted + 4, bytes.size())),
              Status::bad_offset);
}

TEST(Program, RefusesEveryFlippedBit) {
    const std::vector<uint8_t> good = tests::sample_program();
    for (size_t bit = 0; bit < good.size() * 8; ++bit) {
        std::vector<uint8_t> bytes = good;
        bytes[bit / 8] ^= static_cast<uint8_t>(1U << (bit % 8));
        Program program;
        ASSERT_NE(program.load(bytes), Status::ok) << "bit " << bit;
        EXPECT_EQ(program.operation_count(), 0U);
    }
}

TEST(Program, ChecksHeaderFieldsBehindAGoodChecksum) {
    EXPECT_EQ(load_with(offsetof(ProgramHeader, arena_bytes), 340U), Status::bad_offset);
    EXPECT_EQ(load_with(offsetof(ProgramHeader, arena_bytes), UINT32_MAX), Status::bad_value);
    EXPECT_EQ(load_with(offsetof(ProgramHeader, operation_count), 14U), Status::truncated);
    EXPECT_EQ(load_with(offsetof(ProgramHeader, operation_count), 12U), Status::bad_offset);
    EXPECT_EQ(load_with(offsetof(ProgramHeader, reset_count), 14U), Status::bad_value);
    EXPECT_EQ(load_with(offsetof(ProgramHeader, state_bytes), 369U), Status::bad_value);
    EXPECT_EQ(load_with(offsetof(ProgramHeader, constants_offset), 0x7FFFFFF0U),
              Status::bad_offset);
}

TEST(Program, ChecksTheTensorsAtItsBorder) {
    const auto of_input = [](size_t field) { return sizeof(ProgramHeader) + field; };
    const auto of_output = [](uint32_t n, size_t field) {
        return sizeof(ProgramHeader) + (1 + n) * sizeof(TensorInfo) + field;
    };
    EXPECT_EQ(load_with(of_input(offsetof(TensorInfo, type)), uint8_t{9}), Status::unsupported);
    EXPECT_EQ(load_with(of_input(offsetof(TensorInfo, bytes)), 31U), Status::bad_shape);
    EXPECT_EQ(load_with(of_input(offsetof(TensorInfo, rank)), uint8_t{7}), Status::bad_shape);
    EXPECT_EQ(load_with(of_output(0, offsetof(TensorInfo, scale)), -1.0F), Status::bad_value);
    EXPECT_EQ(load_with(of_output(0, offsetof(TensorInfo, offset)), 366U), Status::bad_offset);
    EXPECT_EQ(load_with(of_output(1, offsetof(TensorInfo, offset)), 337U), Status::bad_offset)
        << "int16 on an odd byte";
    EXPECT_EQ(load_with(of_output(1, offsetof(TensorInfo, zero_point)), 40000), Status::bad_value);
    EXPECT_EQ(load_with(of_output(1, offsetof(TensorInfo, type)), ElementType::int8),
              Status::bad_shape)
        << "its bytes are those of two int16";
    for (const uint16_t count : {0, 1, 3, 65535})
        EXPECT_EQ(load_with(offsetof(ProgramHeader, output_count), count), Status::bad_value);
    EXPECT_EQ(load_with(offsetof(ProgramHeader, input_count), uint16_t{0}), Status::bad_value);
    EXPECT_EQ(load_with(offsetof(ProgramHeader, header_bytes), uint16_t{48}), Status::bad_value);
}

TEST(Program, RefusesOperationsOfUnknownKind) {
    ProgramHeader header{};
    std::memcpy(&header, tests::sample_program().data(), sizeof header);
    const size_t first = header.operations_offset;
    EXPECT_EQ(load_with(first, uint16_t{4711}), Status::unsupported);
    EXPECT_EQ(load_with(first + 2, uint16_t{0}), Status::bad_offset);
    EXPECT_EQ(load_with(first + 2, uint16_t{8}), Status::bad_value);
}

/// Each 16-bit and 32-bit field of every record, set to extremes: refused, or harmless (checked by
/// running it).
TEST(Program, SurvivesExtremesInEveryField) {
    const std::vector<uint8_t> good = tests::sample_program();
    ProgramHeader header{};
    std::memcpy(&header, good.data(), sizeof header);
    const size_t end = header.operations_offset + header.operations_bytes;
    for (size_t at = sizeof header; at + 4 <= end; at += 2) {
        for (uint32_t value :
             {0U, 1U, 0x7FFFU, 0x8000U, 0xFFFFU, 0x7FFFFFFFU, 0x80000000U, 0xFFFFFFFFU}) {
            std::vector<uint8_t> bytes = good;
            std::memcpy(bytes.data() + at, &value, value > 0xFFFF ? 4 : 2);
            (void)LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
        }
    }
}

TEST(Program, SurvivesMutations) {
    const std::vector<uint8_t> good = tests::sample_program();
    std::mt19937 random(1);
    for (int round = 0; round < 30000; ++round) {
        std::vector<uint8_t> bytes = good;
        for (uint32_t n = 1 + random() % 3; n > 0; --n) {
            // Mostly the header and records: constants are free to be anything.
            const size_t at = random() % (random() % 8 == 0 ? bytes.size() : size_t{760});
            bytes[at] = static_cast<uint8_t>(
                random() % 3 == 0 ? random() : bytes[at] ^ (1U << (random() % 8)));
        }
        (void)LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
    }
}

TEST(Crc32, EqualsThePublishedCheckValue) {
    const char* text = "123456789";
    const std::span bytes(reinterpret_cast<const uint8_t*>(text), 9);
    EXPECT_EQ(crc32(bytes), 0xCBF43926U);
    EXPECT_EQ(crc32(bytes.last(5), crc32(bytes.first(4))), 0xCBF43926U);
}

}  // namespace
}  // namespace ganglion
