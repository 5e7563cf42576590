#include "device/program/program.hpp"

#include <array>
#include <cstring>

#include "device/core/crc32.hpp"
#include "device/program/format.hpp"
#include "device/program/operations.hpp"

namespace ganglion {
namespace {

constexpr uint32_t kChecksumBytes = 4;
constexpr uint32_t kMostBytes = 1U << 30;  // positions and sizes stay within int32

bool part_inside(uint32_t offset, uint32_t bytes, uint32_t total) {
    return offset % kProgramAlignment == 0 && bytes <= total && offset <= total - bytes;
}

bool good_zero_point(const TensorInfo& tensor) {
    const int32_t zero = tensor.zero_point;
    switch (tensor.type) {
        case ElementType::int8:
            return zero >= -128 && zero <= 127;
        case ElementType::uint8:
            return zero >= 0 && zero <= 255;
        case ElementType::int16:
            return zero >= -32768 && zero <= 32767;
        case ElementType::int32:
            return zero == 0;
    }
    return false;
}

Status check_tensor(const TensorInfo& tensor, uint32_t arena_bytes) {
    if (tensor.rank < 1 || tensor.rank > 4) return Status::bad_shape;
    uint64_t elements = 1;
    for (uint32_t i = 0; i < 4; ++i) {
        if (tensor.dims[i] == 0 || tensor.dims[i] > kMostBytes) return Status::bad_shape;
        if (i >= tensor.rank && tensor.dims[i] != 1) return Status::bad_shape;
        elements *= tensor.dims[i];
        if (elements > kMostBytes) return Status::bad_shape;
    }
    const uint32_t each = element_bytes(tensor.type);
    if (each == 0) return Status::unsupported;
    if (elements * each != tensor.bytes) return Status::bad_shape;
    if (tensor.bytes > arena_bytes || tensor.offset > arena_bytes - tensor.bytes ||
        tensor.offset % each != 0) {
        return Status::bad_offset;
    }
    const bool finite_and_positive = tensor.scale > 0.0F && tensor.scale < 3.4e38F;
    return finite_and_positive && good_zero_point(tensor) ? Status::ok : Status::bad_value;
}

Status check_header(const ProgramHeader& header, size_t available) {
    if (header.magic != kProgramMagic) return Status::bad_magic;
    if (header.version != kProgramVersion) return Status::bad_version;
    const uint32_t inputs = header.input_count;
    const uint32_t outputs = header.output_count;
    if (inputs == 0 || inputs > kMostBorderTensors || outputs == 0 ||
        outputs > kMostBorderTensors || header.header_bytes != header_bytes(inputs, outputs)) {
        return Status::bad_value;
    }
    const uint32_t total = header.program_bytes;
    if (total > available) return Status::truncated;
    if (total > kMostBytes || total % kProgramAlignment != 0 ||
        total < header.header_bytes + kChecksumBytes) {
        return Status::bad_offset;
    }
    if (header.arena_bytes > kMostBytes || header.state_bytes > header.arena_bytes ||
        header.reset_count > header.operation_count) {
        return Status::bad_value;
    }
    const uint32_t content = total - kChecksumBytes;
    if (header.operations_offset < header.header_bytes ||
        !part_inside(header.operations_offset, header.operations_bytes, content) ||
        !part_inside(header.constants_offset, header.constants_bytes, content)) {
        return Status::bad_offset;
    }
    return Status::ok;
}

/// Walks all records; they must fill their part exactly.
Status check_operations(const ProgramHeader& header, const uint8_t* base) {
    const ProgramLimits limits{header.arena_bytes, base + header.constants_offset,
                               header.constants_bytes};
    const uint8_t* record = base + header.operations_offset;
    uint32_t left = header.operations_bytes;
    for (uint32_t i = 0; i < header.operation_count; ++i) {
        if (left < sizeof(OpHeader)) return Status::truncated;
        const auto& operation = *reinterpret_cast<const OpHeader*>(record);
        if (operation.bytes < sizeof(OpHeader) || operation.bytes % 4 != 0 ||
            operation.bytes > left) {
            return Status::bad_offset;
        }
        if (Status status = validate_operation(operation, limits); status != Status::ok)
            return status;
        record += operation.bytes;
        left -= operation.bytes;
    }
    return left == 0 ? Status::ok : Status::bad_offset;
}

using Kernel = void (*)(const OpHeader&, int8_t*, const uint8_t*);

constexpr size_t kKinds = [] {
    size_t count = 0;
    for (size_t kind = 0; kind < 256; ++kind) {
        if (Operations::find(static_cast<OpKind>(kind), [](auto) {})) count = kind + 1;
    }
    return count;
}();

/// By kind: load() has checked that it is there.
constexpr std::array<Kernel, kKinds> kKernels = [] {
    std::array<Kernel, kKinds> kernels{};
    for (size_t kind = 0; kind < kKinds; ++kind)
        Operations::find(static_cast<OpKind>(kind), [&](auto row) { kernels[kind] = row.run; });
    return kernels;
}();

}  // namespace

Status Program::load(std::span<const uint8_t> bytes) {
    *this = Program();
    if (bytes.size() < sizeof(ProgramHeader)) return Status::truncated;
    if (reinterpret_cast<uintptr_t>(bytes.data()) % kProgramAlignment != 0)
        return Status::bad_offset;
    const auto& header = *reinterpret_cast<const ProgramHeader*>(bytes.data());
    if (Status status = check_header(header, bytes.size()); status != Status::ok) return status;

    const uint32_t content = header.program_bytes - kChecksumBytes;
    uint32_t stored = 0;
    std::memcpy(&stored, bytes.data() + content, sizeof stored);
    if (crc32(bytes.first(content)) != stored) return Status::bad_checksum;

    const auto* tensors = reinterpret_cast<const TensorInfo*>(&header + 1);
    for (uint32_t i = 0; i < uint32_t{header.input_count} + header.output_count; ++i) {
        if (Status status = check_tensor(tensors[i], header.arena_bytes); status != Status::ok)
            return status;
    }
    if (Status status = check_operations(header, bytes.data()); status != Status::ok) return status;

    header_ = &header;
    return Status::ok;
}

void Program::execute(const ProgramHeader& header, uint32_t skipped, uint32_t count,
                      int8_t* arena) {
    const auto* base = reinterpret_cast<const uint8_t*>(&header);
    const uint8_t* constants = base + header.constants_offset;
    const auto* op = reinterpret_cast<const OpHeader*>(base + header.operations_offset);
    const auto next = [&] {
        op = reinterpret_cast<const OpHeader*>(reinterpret_cast<const uint8_t*>(op) + op->bytes);
    };
    for (; skipped > 0; --skipped) next();
    for (; count > 0; --count, next())
        kKernels[static_cast<size_t>(op->kind)](*op, arena, constants);
}

}  // namespace ganglion
