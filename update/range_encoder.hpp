#pragma once

#include <cstdint>
#include <vector>

#include "device/update/delta_format.hpp"

namespace ganglion::update {

/// The other side of DeltaDecoder's range coder.
class RangeEncoder {
  public:
    void bit(Probability& probability, bool one, unsigned rate) {
        const uint32_t bound = (range_ >> 16U) * probability.zero;
        if (one) {
            low_ += bound;
            range_ -= bound;
        } else {
            range_ = bound;
        }
        probability.update(one, rate);
        while (range_ < 1U << 24U) {
            range_ <<= 8U;
            shift();
        }
    }

    void byte(ByteTree& tree, uint8_t value) {
        uint32_t node = 1;
        for (int i = 7; i >= 0; --i) {
            const bool one = (value >> i & 1) != 0;
            bit(tree[node], one, DeltaModel::kTreeRate);
            node = node << 1U | (one ? 1U : 0U);
        }
    }

    /// Numbers below 2^31 - 1.
    void number(NumberModel& model, uint32_t value) {
        ++value;
        uint32_t bits = 0;
        while (value >> (bits + 1) != 0) ++bits;
        for (uint32_t i = 0; i < bits; ++i) bit(model[i], true, DeltaModel::kTreeRate);
        if (bits < 31) bit(model[bits], false, DeltaModel::kTreeRate);
        while (bits-- > 0) {
            Probability even;
            bit(even, (value >> bits & 1) != 0, DeltaModel::kFlagRate);
        }
    }

    std::vector<uint8_t> finish() {
        for (int i = 0; i < 5; ++i) shift();
        return std::move(bytes_);
    }

  private:
    // The topmost byte goes out once no carry can change it any more.
    void shift() {
        if (low_ < 0xff000000U || low_ >= uint64_t{1} << 32U) {
            const auto carry = static_cast<uint8_t>(low_ >> 32U);
            if (started_) bytes_.push_back(static_cast<uint8_t>(held_ + carry));
            for (; waiting_ > 0; --waiting_) bytes_.push_back(static_cast<uint8_t>(0xff + carry));
            started_ = true;
            held_ = static_cast<uint8_t>(low_ >> 24U);
        } else {
            ++waiting_;
        }
        low_ = (low_ & 0x00ffffffU) << 8U;
    }

    std::vector<uint8_t> bytes_;
    uint64_t low_ = 0;
    uint32_t range_ = UINT32_MAX;
    uint64_t waiting_ = 0;  ///< bytes 0xff behind the one held
    uint8_t held_ = 0;
    bool started_ = false;
};

}  // namespace ganglion::update
