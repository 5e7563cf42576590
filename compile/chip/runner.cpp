// Runs a network on the emulated chip over inputs from a file of the host and writes the outputs to
// another. Arguments: INPUTS OUTPUTS [PROGRAM]. The two moves around the run mark it for
// bench/instruction_count.c; they do nothing else.
#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "compile/chip/form.hpp"
#include "firmware/boards/mps2_an386/semihosting.hpp"

namespace {

namespace semihosting = ganglion::firmware::semihosting;
namespace chip = ganglion::chip;

alignas(16) std::array<int8_t, 512 * 1024> arena;

std::string_view next_argument(std::string_view& line) {
    const size_t end = line.find(' ');
    const std::string_view argument = line.substr(0, end);
    line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
    return argument;
}

std::span<uint8_t> bytes_of(const ganglion::TensorInfo& tensor) {
    return {reinterpret_cast<uint8_t*>(arena.data()) + tensor.offset, tensor.bytes};
}

int fail(const char* message) {
    semihosting::write_text(message);
    return 1;
}

}  // namespace

int main() {
    std::array<char, 1024> buffer{};
    std::string_view line = semihosting::command_line(buffer);
    (void)next_argument(line);  // the image's own name
    semihosting::File inputs(next_argument(line), semihosting::Mode::read);
    semihosting::File outputs(next_argument(line), semihosting::Mode::write);
    if (!inputs.is_open() || !outputs.is_open()) return fail("cannot open the inputs or outputs\n");
    if (!chip::prepare(next_argument(line))) return fail("cannot load the program\n");
    if (chip::arena_bytes() > arena.size())
        return fail("the arena is larger than the runner's memory\n");
    while (inputs.read(bytes_of(chip::input())) == chip::input().bytes) {
        asm volatile("mov r10, r10" ::: "memory");
        chip::run(arena);
        asm volatile("mov r11, r11" ::: "memory");
        if (!outputs.write(bytes_of(chip::output()))) return fail("cannot write the outputs\n");
    }
    return 0;
}
