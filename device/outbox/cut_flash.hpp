#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

#include "device/flash/flash.hpp"

namespace ganglion {

/// For tests: a flash whose power fails within a chosen operation. What that operation did by then
/// is torn: some of its bits have changed, others not, as `seed` draws. Every later operation fails
/// until the power is back.
class CutFlash final : public Flash {
  public:
    explicit CutFlash(uint32_t blocks) : memory_(blocks * kBlockBytes, 0xff), flash_(memory_) {}

    /// The power fails in the operation after `operations` more; `seed` 0: before it changed
    /// anything, 1: after it changed everything, else torn.
    void cut_after(uint64_t operations, uint32_t seed) {
        cut_at_ = operations_ + operations;
        seed_ = seed;
    }
    void restore_power() {
        cut_at_ = UINT64_MAX;
        dead_ = false;
    }
    bool dead() const { return dead_; }
    uint64_t operations() const { return operations_; }
    std::vector<uint8_t>& memory() { return memory_; }

    uint32_t size() const override { return flash_.size(); }
    Status read(uint32_t offset, std::span<uint8_t> into) const override {
        return flash_.read(offset, into);
    }
    Status program(uint32_t offset, std::span<const uint8_t> bytes) override {
        return perform([&] { return flash_.program(offset, bytes); });
    }
    Status erase(uint32_t offset) override {
        return perform([&] { return flash_.erase(offset); });
    }

  private:
    template <typename Operation>
    Status perform(Operation operation) {
        if (dead_) return Status::io_error;
        if (operations_++ != cut_at_) return operation();
        dead_ = true;
        const std::vector<uint8_t> before = memory_;
        if (seed_ != 0) operation();
        if (seed_ > 1)
            for (size_t i = 0; i < memory_.size(); ++i)
                if (before[i] != memory_[i]) memory_[i] ^= (before[i] ^ memory_[i]) & random_byte();
        return Status::io_error;
    }

    uint8_t random_byte() {
        seed_ = seed_ * 1664525U + 1013904223U;
        // Long stretches of bytes wholly done or wholly not done happen as well.
        const uint32_t draw = seed_ >> 16;
        return draw & 0x100 ? static_cast<uint8_t>(draw) : draw & 0x200 ? 0xff : 0;
    }

    std::vector<uint8_t> memory_;
    MappedFlash flash_;
    uint64_t operations_ = 0;
    uint64_t cut_at_ = UINT64_MAX;
    uint32_t seed_ = 0;
    bool dead_ = false;
};

}  // namespace ganglion
