// Runs a network on the emulated chip over inputs from a file of the host and writes the outputs to
// another. Arguments: INPUTS OUTPUTS [PROGRAM]. A streaming model sees the inputs as one stream;
// what is not its state is overwritten between them. Two moves around each part mark it for
// bench/instruction_count.c, they do nothing else: first the installation, then the set-up at boot,
// the initial state, and each run.
#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "compile/chip/counting.hpp"
#include "compile/chip/form.hpp"
#include "firmware/boards/semihosting.hpp"

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

template <typename Part>
[[gnu::always_inline]] inline void counted(Part part) {
    ganglion::chip::start_count();
    part();
    ganglion::chip::stop_count();
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
    if (!chip::prepare(next_argument(line))) return fail("cannot read the program\n");
    bool is_good = false;
    counted([&] { is_good = chip::install(); });
    if (!is_good) return fail("cannot load the program\n");
    counted([] { chip::set_up(); });
    if (chip::arena_bytes() > arena.size())
        return fail("the arena is larger than the runner's memory\n");
    counted([] { chip::reset(arena); });
    while (inputs.read(bytes_of(chip::input())) == chip::input().bytes) {
        counted([] { chip::run(arena); });
        if (!outputs.write(bytes_of(chip::output()))) return fail("cannot write the outputs\n");
        std::fill(arena.begin() + chip::state_bytes(), arena.begin() + chip::arena_bytes(), 99);
    }
    return 0;
}
