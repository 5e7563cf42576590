// Runs loadable programs operation by operation on the emulated chip, one input each; the two moves
// around each operation mark it for bench/instruction_count.c. Argument: CASES, for each
// program two little-endian words (bytes of program and input), then the program and the input.
#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "compile/chip/counting.hpp"
#include "device/program/operations.hpp"
#include "device/program/program.hpp"
#include "firmware/boards/semihosting.hpp"

namespace {

namespace semihosting = ganglion::firmware::semihosting;
using ganglion::OpHeader;
using ganglion::ProgramHeader;

alignas(16) std::array<uint8_t, 1024 * 1024> program_bytes;
alignas(16) std::array<int8_t, 512 * 1024> arena;

struct Sizes {
    uint32_t program, input;
};

std::span<uint8_t> arena_part(const ganglion::TensorInfo& tensor) {
    return {reinterpret_cast<uint8_t*>(arena.data()) + tensor.offset, tensor.bytes};
}

int fail(const char* message) {
    semihosting::write_text(message);
    return 1;
}

/// One kernel's instructions, its call included.
[[gnu::noinline]] void run_counted(const OpHeader& op, const uint8_t* constants) {
    ganglion::Operations::find(op.kind, [&](auto row) {
        ganglion::chip::start_count();
        row.run(op, arena.data(), constants);
        ganglion::chip::stop_count();
    });
}

}  // namespace

int main() {
    std::array<char, 1024> buffer{};
    std::string_view line = semihosting::command_line(buffer);
    const auto next_argument = [&] {
        const size_t end = line.find(' ');
        const std::string_view argument = line.substr(0, end);
        line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
        return argument;
    };
    (void)next_argument();  // the image's own name
    semihosting::File cases(next_argument(), semihosting::Mode::read);
    if (!cases.is_open()) return fail("cannot open the cases\n");
    Sizes sizes{};
    const std::span size_bytes(reinterpret_cast<uint8_t*>(&sizes), sizeof sizes);
    while (cases.read(size_bytes) == sizeof sizes) {
        if (sizes.program > program_bytes.size()) return fail("a program is too large\n");
        const auto bytes = std::span(program_bytes).first(sizes.program);
        ganglion::Program program;
        if (cases.read(bytes) != sizes.program || program.load(bytes) != ganglion::Status::ok ||
            program.arena_bytes() > arena.size() || program.input().bytes != sizes.input)
            return fail("cannot load a program\n");
        program.reset(arena);
        if (cases.read(arena_part(program.input())) != sizes.input)
            return fail("an input is missing\n");
        const auto& header = *reinterpret_cast<const ProgramHeader*>(bytes.data());
        const uint8_t* record = bytes.data() + header.operations_offset;
        for (uint32_t i = 0; i < header.operation_count; ++i) {
            const auto& op = *reinterpret_cast<const OpHeader*>(record);
            if (i >= header.reset_count) run_counted(op, bytes.data() + header.constants_offset);
            record += op.bytes;
        }
    }
    return 0;
}
