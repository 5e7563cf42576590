#include "device/kernels/x86/avx2.hpp"

namespace ganglion::x86 {
namespace {

using avx2::load;

void copy_plus_128(const int8_t* from, size_t step, size_t bytes, size_t count, uint8_t* to) {
    const __m256i flip = _mm256_set1_epi8(-128);
    for (; count > 0; --count, from += step, to += bytes) {
        size_t at = 0;
        for (; at + 32 <= bytes; at += 32) {
            avx2::store(to + at, _mm256_xor_si256(load(from + at), flip));
        }
        if (at + 16 <= bytes) {
            const auto* part = reinterpret_cast<const __m128i*>(from + at);
            _mm_storeu_si128(reinterpret_cast<__m128i*>(to + at),
                             _mm_xor_si128(_mm_loadu_si128(part), _mm256_castsi256_si128(flip)));
            at += 16;
        }
        for (; at + 4 <= bytes; at += 4) {
            uint32_t word;
            std::memcpy(&word, from + at, 4);
            word ^= 0x80808080U;
            std::memcpy(to + at, &word, 4);
        }
        for (; at < bytes; ++at) to[at] = static_cast<uint8_t>(from[at] ^ -128);
    }
}

}  // namespace

const Kernels avx2_kernels{avx2::conv, avx2::depthwise, copy_plus_128, avx2::add};

}  // namespace ganglion::x86
