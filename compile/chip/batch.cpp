// Loadable programs as batch.hpp says; a program that does not load ends the run.
#include "compile/chip/batch.hpp"

#include "device/program/program.hpp"

namespace {

alignas(16) std::array<uint8_t, 256 * 1024> program_bytes;
alignas(16) std::array<int8_t, 256 * 1024> arena;

}  // namespace

int main() {
    namespace chip = ganglion::chip;
    const chip::BatchArguments arguments;
    chip::BatchFiles files(arguments);
    if (!files.are_open()) return chip::batch_fail("cannot open the cases or outputs\n");
    chip::BatchHeader header{};
    while (files.next(header)) {
        if (header.program > program_bytes.size())
            return chip::batch_fail("a program is too large\n");
        const auto bytes = std::span(program_bytes).first(header.program);
        ganglion::Program program;
        if (!files.read(bytes) || program.load(bytes) != ganglion::Status::ok)
            return chip::batch_fail("cannot load a program\n");
        const chip::BatchNetwork network{{&program.input(), program.input_count()},
                                         {&program.output(), program.output_count()},
                                         program.arena_bytes(),
                                         program.state_bytes()};
        const bool good = files.run_all(
            network, header.runs, arena, [&] { program.reset(arena); },
            [&] { program.run(arena); });
        if (!good) return chip::batch_fail("an input is missing, or the arena too small\n");
    }
    return 0;
}
