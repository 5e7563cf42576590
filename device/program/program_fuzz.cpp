#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "device/program/program.hpp"
#include "device/program/sample_program.hpp"

namespace {

using Aligned = std::unique_ptr<void, decltype(&std::free)>;

Aligned aligned_copy(const void* data, size_t size) {
    Aligned memory(std::aligned_alloc(16, (size + 15) / 16 * 16 + 16), &std::free);
    std::memset(memory.get(), 0, (size + 15) / 16 * 16 + 16);
    if (data != nullptr) std::memcpy(memory.get(), data, size);
    return memory;
}

}  // namespace

/// libFuzzer entry: bytes get a checksum that fits, so that the checks behind it are reached; what
/// loads must run within its arena (under AddressSanitizer, which guards it).
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    std::vector<uint8_t> bytes(data, data + size);
    ganglion::tests::fix_checksum(bytes);
    const Aligned program_memory = aligned_copy(bytes.data(), bytes.size());
    ganglion::Program program;
    const std::span<const uint8_t> view(static_cast<const uint8_t*>(program_memory.get()),
                                        bytes.size());
    if (program.load(view) != ganglion::Status::ok || program.arena_bytes() > 64 * 1024) return 0;
    // Exactly as large as promised: one byte beyond is somebody else's.
    void* memory = nullptr;
    if (posix_memalign(&memory, 16, program.arena_bytes()) != 0) return 0;
    const Aligned arena(memory, &std::free);
    std::memset(arena.get(), 7, program.arena_bytes());
    program.reset({static_cast<int8_t*>(arena.get()), program.arena_bytes()});
    program.run({static_cast<int8_t*>(arena.get()), program.arena_bytes()});
    return 0;
}
