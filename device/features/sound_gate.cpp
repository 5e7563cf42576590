#include "device/features/sound_gate.hpp"

#include <algorithm>
#include <cstring>

namespace ganglion {

namespace {

constexpr uint32_t kMostPreroll = 15;
constexpr uint32_t kMostBlock = 2048;

}  // namespace

Status parse_sound_gate(std::span<const uint8_t> bytes, SoundGateParameters& parameters) {
    SoundGateParameters p;
    if (bytes.size() != sizeof p) return Status::bad_shape;
    std::memcpy(&p, bytes.data(), sizeof p);
    if (p.block < 2 || p.block > kMostBlock || p.block % 2 != 0) return Status::bad_value;
    if (p.preroll > kMostPreroll || p.ratio_q8 < 256 || p.floor < 1) return Status::bad_value;
    parameters = p;
    return Status::ok;
}

uint32_t SoundGate::state_bytes(const SoundGateParameters& parameters) {
    return (parameters.preroll + 1U) * parameters.block * uint32_t{sizeof(int16_t)};
}

void SoundGate::start(const SoundGateParameters& parameters, std::span<int16_t> memory) {
    *this = SoundGate();
    parameters_ = parameters;
    memory_ = memory;
    hold_ = parameters.floor;
}

std::span<int16_t> SoundGate::slot(uint32_t index) const {
    const uint32_t slots = parameters_.preroll + 1U;
    const size_t at = index < slots ? index : index - slots;
    return memory_.subspan(at * parameters_.block, parameters_.block);
}

void SoundGate::push(std::span<const int16_t> samples) {
    if (!open_) {
        const auto place = slot(first_ + kept_).subspan(filled_);
        std::copy(samples.begin(), samples.end(), place.begin());
    }
    measure(samples);
    filled_ += static_cast<uint32_t>(samples.size());
}

void SoundGate::measure(std::span<const int16_t> samples) {
    uint32_t sum = level_;
    int32_t before = pair_;
    const auto add = [&](int32_t pair) {
        const int32_t change = pair - before;
        sum += static_cast<uint32_t>(change < 0 ? -change : change);
        before = pair;
    };
    const int16_t* next = samples.data();
    const int16_t* end = next + samples.size();
    if (has_half_ && next != end) {
        add(half_ + *next++);
        has_half_ = false;
    }
    for (; end - next > 1; next += 2) add(next[0] + next[1]);
    if (next != end) {
        half_ = *next;
        has_half_ = true;
    }
    level_ = sum;
    pair_ = before;
}

// Also learns the floor, of which the block is a part.
bool SoundGate::is_loud() {
    lowest_ = std::min(lowest_, level_);
    const uint32_t floor = std::min(lowest_, lowest_before_);
    if (++seen_ == parameters_.floor) {
        lowest_before_ = lowest_;
        lowest_ = UINT32_MAX;
        seen_ = 0;
    }
    return uint64_t{level_} * 256 > uint64_t{floor} * parameters_.ratio_q8 &&
           level_ > uint32_t{parameters_.least} * parameters_.block / 2;
}

bool SoundGate::end_block(bool needed) {
    const bool loud = is_loud();
    filled_ = 0;
    level_ = 0;
    if (loud) {
        hold_ = std::max<uint32_t>(hold_, parameters_.hold);
    } else if (hold_ > 0) {
        --hold_;
    }
    const bool was_open = open_;
    open_ = loud || hold_ > 0 || needed;
    if (was_open) return false;
    ++kept_;
    if (open_ || kept_ <= parameters_.preroll) return false;
    first_ = first_ == parameters_.preroll ? 0 : first_ + 1;
    --kept_;
    return true;
}

std::span<const int16_t> SoundGate::due() const {
    if (!open_ || kept_ == 0) return {};
    return slot(first_).subspan(taken_);
}

void SoundGate::take(size_t samples) {
    taken_ += static_cast<uint32_t>(samples);
    if (taken_ < parameters_.block) return;
    taken_ = 0;
    first_ = first_ == parameters_.preroll ? 0 : first_ + 1;
    --kept_;
}

}  // namespace ganglion
