#include "device/features/interval_words.hpp"

#include "device/features/integer_log2.hpp"

namespace ganglion {

namespace {

constexpr uint32_t kStep = 5;       // beats a minute
constexpr uint32_t kHighest = 315;  // from here on all are one symbol
constexpr uint32_t kSymbolBits = 6;
constexpr uint32_t kWordMask = (1U << (3 * kSymbolBits)) - 1;

uint32_t symbol_of(uint32_t interval_ms) {
    const uint32_t rate = 60000 / interval_ms;
    return rate >= kHighest ? kHighest / kStep : rate / kStep;
}

uint32_t joined(uint32_t word, uint32_t symbol) {
    return ((word << kSymbolBits) | symbol) & kWordMask;
}

uint32_t n_log2_n(uint32_t n) {
    return n * static_cast<uint32_t>(log2_q8(n));
}

}  // namespace

uint32_t IntervalWords::times(uint32_t word) const {
    uint32_t seen = 0;
    uint32_t here = 0;
    uint32_t at = oldest();
    for (uint32_t i = 0; i < held_; ++i) {
        here = joined(here, symbols_[at]);
        if (i >= 2 && here == word) ++seen;
        at = at + 1 == kSymbols ? 0 : at + 1;
    }
    return seen;
}

void IntervalWords::add(uint32_t interval_ms) {
    if (held_ == kSymbols) {
        const uint32_t first = oldest();
        uint32_t leaving = 0;
        for (uint32_t i = 0; i < 3; ++i)
            leaving = joined(leaving, symbols_[(first + i) % kSymbols]);
        const uint32_t n = times(leaving);
        repeats_q8_ -= n_log2_n(n) - n_log2_n(n - 1);
        if (n == 1) --distinct_;
        --held_;
    }
    symbols_[next_] = static_cast<uint8_t>(symbol_of(interval_ms));
    next_ = (next_ + 1) % kSymbols;
    ++held_;
    if (held_ < 3) return;
    uint32_t coming = 0;
    for (uint32_t i = 3; i > 0; --i)
        coming = joined(coming, symbols_[(next_ + kSymbols - i) % kSymbols]);
    const uint32_t n = times(coming);
    repeats_q8_ += n_log2_n(n) - n_log2_n(n - 1);
    if (n == 1) ++distinct_;
}

int16_t IntervalWords::irregularity() const {
    if (held_ < kLeast + 2) return 0;
    const uint64_t n = held_ - 2;
    const uint64_t whole = n_log2_n(static_cast<uint32_t>(n));
    if (repeats_q8_ >= whole) return 0;
    return static_cast<int16_t>(distinct_ * (whole - repeats_q8_) * 1024U / (n * whole));
}

}  // namespace ganglion
