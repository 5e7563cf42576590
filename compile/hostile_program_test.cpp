#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "compile/compile.hpp"
#include "compile/testing/random_cases.hpp"
#include "device/program/format.hpp"

// Compiled programs of every target, damaged behind a checksum that fits, through the loader's fuzz
// target: refused, or run inside their arena.

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace ganglion::compile {
namespace {

void damage_and_load(const std::vector<uint8_t>& program, std::mt19937& random) {
    ProgramHeader header{};
    std::memcpy(&header, program.data(), sizeof header);
    const size_t records_end = header.operations_offset + header.operations_bytes;
    for (int round = 0; round < 150; ++round) {
        std::vector<uint8_t> bytes = program;
        for (uint32_t n = 1 + random() % 3; n > 0; --n) {
            const size_t at = random() % (random() % 3 == 0 ? bytes.size() : records_end);
            const uint8_t flipped = bytes[at] ^ static_cast<uint8_t>(1U << (random() % 8));
            bytes[at] = random() % 3 == 0 ? static_cast<uint8_t>(random()) : flipped;
        }
        (void)LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
    }
}

TEST(HostileProgram, NeverLeavesItsArena) {
    std::mt19937 random(1);
    for (const char* target : {"portable", "cortex-m3", "cortex-m4", "x86-64"}) {
        for (uint32_t seed = 1; seed <= 80; ++seed) {
            RandomGraph graphs(seed);
            const model::Graph graph = kRandomCases[seed % kRandomCases.size()].make(graphs);
            damage_and_load(compile(graph, target_by_name(target)).program, random);
        }
    }
}

}  // namespace
}  // namespace ganglion::compile
