// Runs many loadable programs on the emulated chip, one input each. Arguments: CASES OUTPUTS.
// CASES: for each case three little-endian words (bytes of program, input, output), then the
// program and the input. OUTPUTS gets the outputs one after another; a program that does not load
// ends the run.
#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "device/program/program.hpp"
#include "firmware/boards/semihosting.hpp"

namespace {

namespace semihosting = ganglion::firmware::semihosting;

alignas(16) std::array<uint8_t, 256 * 1024> program_bytes;
alignas(16) std::array<int8_t, 256 * 1024> arena;

struct Sizes {
    uint32_t program, input, output;
};

std::span<uint8_t> arena_part(uint32_t offset, uint32_t bytes) {
    return {reinterpret_cast<uint8_t*>(arena.data()) + offset, bytes};
}

int fail(const char* message) {
    semihosting::write_text(message);
    return 1;
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
    semihosting::File outputs(next_argument(), semihosting::Mode::write);
    if (!cases.is_open() || !outputs.is_open()) return fail("cannot open the cases or outputs\n");
    Sizes sizes{};
    const std::span size_bytes(reinterpret_cast<uint8_t*>(&sizes), sizeof sizes);
    while (cases.read(size_bytes) == sizeof sizes) {
        if (sizes.program > program_bytes.size()) return fail("a program is too large\n");
        const auto bytes = std::span(program_bytes).first(sizes.program);
        ganglion::Program program;
        if (cases.read(bytes) != sizes.program || program.load(bytes) != ganglion::Status::ok ||
            program.arena_bytes() > arena.size() || program.input().bytes != sizes.input ||
            program.output().bytes != sizes.output) {
            return fail("cannot load a program\n");
        }
        arena.fill(99);
        if (cases.read(arena_part(program.input().offset, sizes.input)) != sizes.input)
            return fail("an input is missing\n");
        program.run(arena);
        outputs.write(arena_part(program.output().offset, sizes.output));
    }
    return 0;
}
