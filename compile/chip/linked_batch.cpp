// The linked-in form of many networks, as batch.hpp says: networks.hpp, which the test writes,
// includes what emit_cpp() made and lists it as kNetworks.
#include "compile/chip/batch.hpp"
#include "networks.hpp"

namespace {

alignas(16) std::array<int8_t, 256 * 1024> arena;

}  // namespace

int main() {
    namespace chip = ganglion::chip;
    const chip::BatchArguments arguments;
    chip::BatchFiles files(arguments);
    if (!files.are_open()) return chip::batch_fail("cannot open the cases or outputs\n");
    for (const LinkedNetwork& network : kNetworks) {
        chip::BatchHeader header{};
        const bool good =
            files.next(header) && header.program == 0 &&
            files.run_all(
                network.borders, header.runs, arena, [&] { network.reset(arena.data()); },
                [&] { network.invoke(arena.data()); });
        if (!good) return chip::batch_fail("an input is missing, or the arena too small\n");
    }
    return 0;
}
