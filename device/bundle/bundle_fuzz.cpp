#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "device/bundle/bundle.hpp"
#include "device/pipeline/pipeline.hpp"

namespace {

// Stands for a signature that is right: the fuzzer looks at what lies behind it.
ganglion::Status no_digest(void* /*context*/, std::span<const uint8_t> /*bytes*/,
                           std::span<uint8_t, 32> digest) {
    for (uint8_t& byte : digest) byte = 0;
    return ganglion::Status::ok;
}

ganglion::Status accept(void* /*context*/, std::span<const uint8_t> /*message*/,
                        std::span<const uint8_t, 64> /*signature*/) {
    return ganglion::Status::ok;
}

}  // namespace

/// libFuzzer entry: any bytes are refused as a bundle, or give a pipeline that takes samples and
/// replays its proof.
/// Returns -1 for refused bytes.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    std::vector<uint8_t> bytes(data, data + size);  // aligned
    ganglion::Bundle bundle;
    const ganglion::SignatureVerifier verifier{nullptr, no_digest, accept};
    if (bundle.load(bytes, verifier) != ganglion::Status::ok) return -1;
    const uint32_t needed = ganglion::Pipeline::ram_bytes(bundle);
    constexpr uint32_t most = 4U << 20U;
    if (needed == 0 || needed > most) return -1;
    std::vector<int8_t> ram(needed);
    ganglion::Pipeline pipeline;
    if (pipeline.prove(bundle, ram) != ganglion::Status::ok &&
        pipeline.start(bundle, ram) != ganglion::Status::ok) {
        return -1;
    }
    std::array<int16_t, 4096> samples{};
    for (size_t i = 0; i < samples.size(); ++i) {
        samples[i] = static_cast<int16_t>(i % 3 == 0 ? INT16_MIN
                                                     : static_cast<int>(i * 7919 % 65536) - 32768);
    }
    ganglion::Decision decision;
    pipeline.push(samples, decision);
    return 0;
}
