// The boot loader's heap: mbedTLS's big numbers only. First fit over a row of blocks; neighbours
// that are free are joined when something is looked for.

#include <cstddef>
#include <cstdint>

namespace {

struct alignas(8) Block {
    uint32_t bytes;  ///< of the payload behind this header
    uint32_t used;
};

constexpr uint32_t kHeapBytes = 12 * 1024;
alignas(8) uint8_t heap[kHeapBytes];

Block* at(uint32_t offset) {
    return reinterpret_cast<Block*>(heap + offset);
}

}  // namespace

extern "C" {

void* boot_calloc(size_t count, size_t bytes);
void boot_free(void* pointer);

void* boot_calloc(size_t count, size_t bytes) {
    constexpr uint32_t header = sizeof(Block);
    if (bytes != 0 && count > kHeapBytes / bytes) return nullptr;
    const uint32_t wanted = static_cast<uint32_t>(count * bytes + 7) & ~7U;
    if (at(0)->bytes == 0) at(0)->bytes = kHeapBytes - header;
    for (uint32_t offset = 0; offset < kHeapBytes; offset += header + at(offset)->bytes) {
        Block& block = *at(offset);
        if (block.used != 0) continue;
        for (uint32_t next = offset + header + block.bytes;
             next < kHeapBytes && at(next)->used == 0; next = offset + header + block.bytes)
            block.bytes += header + at(next)->bytes;
        if (block.bytes < wanted) continue;
        if (block.bytes >= wanted + 2 * header) {
            Block& rest = *at(offset + header + wanted);
            rest = {block.bytes - wanted - header, 0};
            block.bytes = wanted;
        }
        block.used = 1;
        auto* payload = heap + offset + header;
        for (uint32_t i = 0; i < wanted; ++i) payload[i] = 0;
        return payload;
    }
    return nullptr;
}

void boot_free(void* pointer) {
    if (pointer != nullptr) reinterpret_cast<Block*>(pointer)[-1].used = 0;
}

}  // extern "C"
