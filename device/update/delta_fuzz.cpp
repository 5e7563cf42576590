#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "device/update/delta.hpp"

/// libFuzzer entry: any delta over any base gives an image of exactly the size asked for, or an
/// error, within bounds. The first byte says how much of the input is the base, the second how
/// large the image is to be. Returns -1 for a refused delta.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace ganglion;
    if (size < 2) return -1;
    const auto base_bytes = static_cast<uint32_t>((size - 2) * data[0] / 256);
    const auto delta_bytes = static_cast<uint32_t>(size - 2) - base_bytes;
    const uint32_t image_bytes = 1U + data[1] * 16U;
    std::vector<uint8_t> memory(data + 2, data + size);
    const MappedFlash flash(memory);
    update::DeltaDecoder decoder(flash, 0, base_bytes, base_bytes, delta_bytes, image_bytes);
    std::vector<uint8_t> part(100);
    uint32_t made = 0;
    while (true) {
        Status status = Status::ok;
        const uint32_t count = decoder.next(part, status);
        made += count;
        if (made > image_bytes) std::abort();
        if (status != Status::ok) return -1;
        if (count < part.size()) break;
    }
    if (made != image_bytes) std::abort();
    return 0;
}
