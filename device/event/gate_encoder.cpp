#include "device/event/gate_encoder.hpp"

#include <bit>

#include "device/event/cbor.hpp"

namespace ganglion {

static_assert(std::endian::native == std::endian::little,
              "samples go out in the order they lie in memory");

size_t GateEncoder::encode(uint32_t boot, uint64_t first_sample, const RawSamples& samples,
                           bool last, std::span<uint8_t> buffer) {
    const auto raw = std::as_bytes(samples.samples_);
    CborWriter out(buffer);
    out.map(5);
    out.uint(0), out.uint(boot);
    out.uint(1), out.uint(openings_);
    out.uint(2), out.uint(first_sample);
    out.uint(3), out.bytes({reinterpret_cast<const uint8_t*>(raw.data()), raw.size()});
    out.uint(4), out.boolean(last);
    if (!out.ok()) return 0;
    bytes_out_ += raw.size();
    return out.size();
}

}  // namespace ganglion
