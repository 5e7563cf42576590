#include <stdexcept>

#include "bench/engine/bench_engine.hpp"

// Built where the cross compiler or the emulator was absent.

namespace ganglion::bench {

std::vector<Row> bench_engine(const std::filesystem::path&, const std::filesystem::path&) {
    throw std::runtime_error(
        "the engine's benchmark needs arm-none-eabi-g++ and qemu-system-arm: install "
        "gcc-arm-none-eabi and qemu-system-arm, then configure again");
}

}  // namespace ganglion::bench
