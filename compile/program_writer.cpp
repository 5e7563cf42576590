#include <cstring>

#include "compile/lower.hpp"
#include "device/core/crc32.hpp"
#include "device/program/format.hpp"

namespace ganglion::compile {
namespace {

void align(std::vector<uint8_t>& bytes) {
    bytes.resize((bytes.size() + kProgramAlignment - 1) / kProgramAlignment * kProgramAlignment);
}

/// Those that a loop runs belong to the loop's record.
uint32_t count_of(const std::vector<Operation>& operations) {
    auto count = static_cast<uint32_t>(operations.size());
    for (const Operation& operation : operations) {
        if (const auto* loop = std::get_if<RepeatOp>(&operation)) count -= loop->operation_count;
    }
    return count;
}

}  // namespace

std::vector<uint8_t> write_program(const Lowered& lowered) {
    std::vector<uint8_t> bytes(sizeof(ProgramHeader));
    for (const auto* list : {&lowered.inputs, &lowered.outputs}) {
        const auto* tensors = reinterpret_cast<const uint8_t*>(list->data());
        bytes.insert(bytes.end(), tensors, tensors + list->size() * sizeof(TensorInfo));
    }
    ProgramHeader header{};
    header.magic = kProgramMagic;
    header.version = kProgramVersion;
    header.header_bytes = static_cast<uint16_t>(bytes.size());
    header.input_count = static_cast<uint16_t>(lowered.inputs.size());
    header.output_count = static_cast<uint16_t>(lowered.outputs.size());
    align(bytes);
    header.arena_bytes = lowered.report.arena_bytes;
    header.state_bytes = lowered.state_bytes;
    header.reset_count = static_cast<uint32_t>(lowered.reset.size());
    header.operation_count =
        static_cast<uint32_t>(lowered.reset.size()) + count_of(lowered.operations);
    header.operations_offset = static_cast<uint32_t>(bytes.size());
    for (const auto* list : {&lowered.reset, &lowered.operations}) {
        for (const Operation& operation : *list) {
            const std::vector<uint8_t> record = bytes_of(operation);
            bytes.insert(bytes.end(), record.begin(), record.end());
        }
    }
    header.operations_bytes = static_cast<uint32_t>(bytes.size()) - header.operations_offset;
    align(bytes);
    header.constants_offset = static_cast<uint32_t>(bytes.size());
    header.constants_bytes = static_cast<uint32_t>(lowered.constants.size());
    bytes.insert(bytes.end(), lowered.constants.begin(), lowered.constants.end());
    bytes.resize(bytes.size() + sizeof(uint32_t));
    align(bytes);
    header.program_bytes = static_cast<uint32_t>(bytes.size());
    std::memcpy(bytes.data(), &header, sizeof header);
    const size_t content = bytes.size() - sizeof(uint32_t);
    const uint32_t checksum = crc32(std::span<const uint8_t>(bytes).first(content));
    std::memcpy(bytes.data() + content, &checksum, sizeof checksum);
    return bytes;
}

}  // namespace ganglion::compile
