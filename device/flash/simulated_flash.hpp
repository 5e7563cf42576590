#pragma once

#include <cstdint>
#include <iterator>
#include <map>
#include <span>
#include <vector>

#include "device/flash/flash.hpp"

namespace ganglion {

/// For tests: a flash that behaves as badly as a real one may.
///   - Its power fails within a chosen operation, which by then has done nothing, everything, or
///     part: bytes up to some point, then a half-written word; or bits here and there; or all of
///     it, but a bit only just; or nothing to be seen yet, but a bit is on its way. Every later
///     operation fails until the power is back.
///   - Bits that a torn operation was changing are unstable: they may read differently after each
///     restart, until they are erased, or programmed to zero.
///   - Erases are counted; chosen blocks are worn out and no longer take anything.
class SimulatedFlash final : public Flash {
  public:
    explicit SimulatedFlash(uint32_t blocks)
        : own_(size_t{blocks} * kBlockBytes, 0xff),
          memory_(own_),
          flash_(memory_),
          erases_(blocks) {}
    /// Over memory of another's, which may outlast this process: whole blocks, 8-byte aligned.
    explicit SimulatedFlash(std::span<uint8_t> memory)
        : memory_(memory), flash_(memory_), erases_(memory.size() / kBlockBytes) {}
    /// With memory of its own.
    SimulatedFlash(const SimulatedFlash& other)
        : own_(other.memory_.begin(), other.memory_.end()),
          memory_(own_),
          flash_(memory_),
          unstable_(other.unstable_),
          worn_(other.worn_),
          erases_(other.erases_),
          operations_(other.operations_),
          cut_at_(other.cut_at_),
          seed_(other.seed_),
          settling_(other.settling_),
          dead_(other.dead_) {}
    SimulatedFlash& operator=(const SimulatedFlash&) = delete;

    /// The power fails in the operation after `operations` more. `seed` 0: before it changed
    /// anything; 1: after it changed everything; else torn, in as many ways as there are seeds, of
    /// the four kinds above by turns.
    void cut_after(uint64_t operations, uint32_t seed) {
        cut_at_ = operations_ + operations;
        seed_ = seed;
    }
    void restore_power() {
        cut_at_ = UINT64_MAX;
        dead_ = false;
        start_anew();
    }
    /// What every start brings: unstable bits settle anew.
    void start_anew() {
        for (auto& [at, mask] : unstable_) memory_[at] ^= mask & draw(settling_);
    }
    /// From now on this block takes nothing: erasing and programming report ok (`silent`) or
    /// io_error, and change nothing.
    void wear_out(uint32_t block, bool silent) { worn_[block] = silent; }
    void flip(size_t bit) { memory_[bit / 8] ^= static_cast<uint8_t>(1U << bit % 8); }

    bool dead() const { return dead_; }
    uint64_t operations() const { return operations_; }
    const std::vector<uint32_t>& erases() const { return erases_; }
    std::span<uint8_t> memory() { return memory_; }
    std::span<const uint8_t> memory() const { return memory_; }

    uint32_t size() const override { return flash_.size(); }
    Status read(uint32_t offset, std::span<uint8_t> into) const override {
        return flash_.read(offset, into);
    }
    Status program(uint32_t offset, std::span<const uint8_t> bytes) override {
        const auto worn = worn_.find(offset / kBlockBytes);
        if (worn != worn_.end()) return worn->second ? Status::ok : Status::io_error;
        return perform(offset, bytes.size(), [&] { return flash_.program(offset, bytes); });
    }
    Status erase(uint32_t offset) override {
        const auto worn = worn_.find(offset / kBlockBytes);
        if (worn != worn_.end()) return worn->second ? Status::ok : Status::io_error;
        const Status status = perform(offset, kBlockBytes, [&] { return flash_.erase(offset); });
        if (status == Status::ok) ++erases_[offset / kBlockBytes];
        return status;
    }

  private:
    template <typename Operation>
    Status perform(uint32_t offset, size_t bytes, Operation operation) {
        if (dead_) return Status::io_error;
        const bool cut = operations_++ == cut_at_;
        if (!cut) {
            const Status status = operation();
            if (status == Status::ok) settle(offset, bytes);
            return status;
        }
        dead_ = true;
        if (seed_ == 0) return Status::io_error;
        const bool whole = seed_ == 1;
        const std::vector<uint8_t> before(memory_.begin() + offset,
                                          memory_.begin() + offset + static_cast<long>(bytes));
        if (operation() != Status::ok || whole) return Status::io_error;
        tear(offset, before);
        return Status::io_error;
    }

    // Bits that were programmed to zero or erased are certain again; a one that was programmed as a
    // one is as weak as before.
    void settle(uint32_t offset, size_t bytes) {
        const auto end = unstable_.lower_bound(offset + bytes);
        for (auto at = unstable_.lower_bound(offset); at != end;) {
            const bool erased = bytes == kBlockBytes && memory_[at->first] == 0xff;
            at->second =
                erased ? uint8_t{0} : static_cast<uint8_t>(at->second & memory_[at->first]);
            at = at->second == 0 ? unstable_.erase(at) : std::next(at);
        }
    }

    void tear(uint32_t offset, const std::vector<uint8_t>& before) {
        enum { in_order, scattered, only_just, hardly_begun };
        const uint32_t kind = seed_ % 4;
        const size_t done = (draw() << 8 | draw()) % (before.size() + 1);
        for (size_t i = 0; i < before.size(); ++i) {
            uint8_t& byte = memory_[offset + i];
            const uint8_t changing = before[i] ^ byte;
            const bool edge = i / kGranuleBytes == done / kGranuleBytes;
            uint8_t kept = 0;      // bits that have not changed yet
            uint8_t doubtful = 0;  // bits on their way, which may settle either way
            if (kind == in_order) {
                kept = i < done ? uint8_t{0} : edge ? draw() : uint8_t{0xff};
                doubtful = edge ? draw() : uint8_t{0};
            } else if (kind == scattered) {
                kept = torn_mask();
                doubtful = draw();
            } else {
                kept = kind == hardly_begun ? uint8_t{0xff} : uint8_t{0};
                if (edge && i % kGranuleBytes == 0)
                    doubtful = static_cast<uint8_t>(1U << draw() % 8);
            }
            byte ^= changing & kept;
            doubtful &= changing;
            if (doubtful != 0) unstable_[offset + i] = doubtful;
        }
    }

    static uint8_t draw(uint32_t& state) {
        state = state * 1664525U + 1013904223U;
        return static_cast<uint8_t>(state >> 16);
    }
    uint8_t draw() { return draw(seed_); }
    // Long stretches of bytes wholly done or wholly not done happen as well.
    uint8_t torn_mask() {
        const uint8_t bits = draw();
        const uint8_t kind = draw();
        return kind & 1 ? bits : kind & 2 ? uint8_t{0xff} : uint8_t{0};
    }

    std::vector<uint8_t> own_;
    std::span<uint8_t> memory_;
    MappedFlash flash_;
    std::map<size_t, uint8_t> unstable_;  ///< byte, its bits that have no certain value
    std::map<uint32_t, bool> worn_;       ///< block, whether it hides that
    std::vector<uint32_t> erases_;
    uint64_t operations_ = 0;
    uint64_t cut_at_ = UINT64_MAX;
    uint32_t seed_ = 0;
    uint32_t settling_ = 1;
    bool dead_ = false;
};

}  // namespace ganglion
