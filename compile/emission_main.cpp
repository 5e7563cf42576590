// Runs an emitted network on this machine: INPUTS OUTPUTS. The test of emit_cpp() compiles it.
#include <cstdio>

#include "network.hpp"

namespace {
alignas(16) int8_t arena[network::arena_bytes];
}

int main(int, char** arguments) {
    FILE* inputs = std::fopen(arguments[1], "rb");
    FILE* outputs = std::fopen(arguments[2], "wb");
    if (inputs == nullptr || outputs == nullptr) return 1;
    network::reset(arena);
    while (std::fread(arena + network::input.offset, 1, network::input.bytes, inputs) ==
           network::input.bytes) {
        network::invoke(arena);
        if (std::fwrite(arena + network::output.offset, 1, network::output.bytes, outputs) !=
            network::output.bytes) {
            return 1;
        }
    }
    return std::fclose(inputs) + std::fclose(outputs);
}
