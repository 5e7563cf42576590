#include "device/update/delta.hpp"

#include <algorithm>

namespace ganglion::update {

bool FlashReader::read(uint32_t at, uint8_t& byte) {
    if (at >= bytes_) return false;
    constexpr uint32_t block_bytes = sizeof(cache_);
    const uint32_t block = at / block_bytes;
    if (block != cached_) {
        const uint32_t start = block * block_bytes;
        const uint32_t bytes = std::min(block_bytes, bytes_ - start);
        if (flash_.read(offset_ + start, std::span(cache_).first(bytes)) != Status::ok)
            return false;
        cached_ = block;
    }
    byte = cache_[at % block_bytes];
    return true;
}

DeltaDecoder::DeltaDecoder(const Flash& flash, uint32_t base, uint32_t base_bytes, uint32_t delta,
                           uint32_t delta_bytes, uint32_t image_bytes)
    : base_(flash, base, base_bytes), delta_(flash, delta, delta_bytes), image_bytes_(image_bytes) {
    for (int i = 0; i < 4; ++i) {
        uint8_t next = 0;
        if (!delta_.read(delta_at_++, next)) ++past_end_;
        code_ = code_ << 8U | next;
    }
}

// Range coder with a carry-less decoder, as in LZMA.
void DeltaDecoder::normalize() {
    while (range_ < 1U << 24U) {
        uint8_t next = 0;
        if (!delta_.read(delta_at_++, next)) ++past_end_;
        range_ <<= 8U;
        code_ = code_ << 8U | next;
    }
}

bool DeltaDecoder::bit(Probability& probability, unsigned rate) {
    const uint32_t bound = (range_ >> 16U) * probability.zero;
    const bool one = code_ >= bound;
    if (one) {
        code_ -= bound;
        range_ -= bound;
    } else {
        range_ = bound;
    }
    probability.update(one, rate);
    normalize();
    return one;
}

uint8_t DeltaDecoder::byte(ByteTree& tree) {
    uint32_t node = 1;
    while (node < 256) node = node << 1U | (bit(tree[node], DeltaModel::kTreeRate) ? 1U : 0U);
    return static_cast<uint8_t>(node);
}

uint32_t DeltaDecoder::number(NumberModel& model) {
    uint32_t bits = 0;
    while (bits < 31 && bit(model[bits], DeltaModel::kTreeRate)) ++bits;
    uint32_t value = 1;
    for (; bits > 0; --bits) {
        Probability even;
        value = value << 1U | (bit(even, DeltaModel::kFlagRate) ? 1U : 0U);
    }
    return value - 1;
}

Status DeltaDecoder::begin_step() {
    base_at_ += unzigzag(number(model_.move));
    copy_left_ = number(model_.copied);
    add_left_ = number(model_.added);
    if (past_end_ != 0) return Status::truncated;
    if (copy_left_ == 0 && add_left_ == 0) return Status::bad_value;
    const uint32_t room = image_bytes_ - made_;
    if (copy_left_ > room || add_left_ > room - copy_left_) return Status::bad_offset;
    if (copy_left_ != 0 && (base_at_ < 0 || base_at_ + int64_t{copy_left_} > base_.size()))
        return Status::bad_offset;
    // Moves cannot add up beyond what a number holds.
    if (base_at_ < -int64_t{1U << 30U} || base_at_ > int64_t{1U << 30U}) return Status::bad_offset;
    return Status::ok;
}

Status DeltaDecoder::produce(uint8_t& out) {
    if (copy_left_ == 0 && add_left_ == 0)
        if (const Status status = begin_step(); status != Status::ok) return status;
    if (copy_left_ != 0) {
        --copy_left_;
        const auto at = static_cast<uint32_t>(base_at_++);
        if (!base_.read(at, out)) return Status::io_error;
        Probability& equal = model_.equal[DeltaModel::equal_context(last_two_equal_, at)];
        const bool differs = bit(equal, DeltaModel::kFlagRate);
        if (differs) out = static_cast<uint8_t>(out + byte(model_.difference[at & 1U]));
        last_two_equal_ = last_two_equal_ << 1U | (differs ? 0U : 1U);
    } else {
        --add_left_;
        out = byte(model_.fresh);
    }
    ++made_;
    return past_end_ == 0 ? Status::ok : Status::truncated;
}

uint32_t DeltaDecoder::next(std::span<uint8_t> into, Status& status) {
    status = Status::ok;
    uint32_t count = 0;
    while (count < into.size() && made_ < image_bytes_) {
        status = produce(into[count]);
        if (status != Status::ok) break;
        ++count;
    }
    return count;
}

}  // namespace ganglion::update
