#pragma once

#include <array>
#include <cstdint>

namespace ganglion {

/// How irregular the last intervals between heart beats are: the heart rate in steps of 5 a minute,
/// three neighbours a word, the Shannon entropy of the last 127 words times the share of different
/// ones. Near 1 in atrial fibrillation, small in any rhythm that repeats, two- and threefold ones
/// as well. After Zhou, Ding, Wu and Zhang, "A real-time atrial fibrillation detection algorithm
/// based on the instantaneous state of heart rate", PLoS ONE 10(9), 2015, as there by what each
/// word that comes and goes changes. Which intervals count is the caller's choice.
class IntervalWords {
  public:
    static constexpr uint32_t kWords = 127;
    static constexpr uint32_t kLeast = 12;  ///< words without which nothing is said

    /// `interval_ms`: above 0.
    void add(uint32_t interval_ms);
    /// In 1/1024, 0..1024; 0 with fewer than kLeast words.
    int16_t irregularity() const;

  private:
    static constexpr uint32_t kSymbols = kWords + 2;

    uint32_t oldest() const { return (next_ + kSymbols - held_) % kSymbols; }
    uint32_t times(uint32_t word) const;

    std::array<uint8_t, kSymbols> symbols_{};  // ring
    uint32_t next_ = 0;
    uint32_t held_ = 0;
    uint32_t distinct_ = 0;    // different words
    uint32_t repeats_q8_ = 0;  // sum over them of n log2(n), n: how often each is there
};

}  // namespace ganglion
