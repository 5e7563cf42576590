#include "device/features/slot_means.hpp"

#include <algorithm>
#include <cstring>

namespace ganglion {
namespace {

constexpr uint32_t kWeek = 7 * 24 * 60;
constexpr int16_t kMissingReading = INT16_MIN;

}  // namespace

Status SlotMeans::parse(const FeatureHeader& header, std::span<const uint8_t> bytes,
                        Parameters& parameters) {
    if (bytes.size() != sizeof(uint32_t)) return Status::bad_shape;
    if (header.channels < 2 || header.frame_values != header.channels) return Status::bad_shape;
    uint32_t minutes = 0;
    std::memcpy(&minutes, bytes.data(), sizeof minutes);
    if (minutes < 1 || minutes > kWeek || kWeek % minutes != 0) return Status::bad_value;
    const uint64_t samples = uint64_t{minutes} * 60 * header.rate_hz / header.period_s;
    if (samples < 1 || samples > UINT32_MAX) return Status::bad_value;
    parameters.channels = header.channels;
    parameters.slot_minutes = minutes;
    parameters.samples = static_cast<uint32_t>(samples);
    parameters.minutes_a_sample = header.period_s / (60 * header.rate_hz);
    return Status::ok;
}

uint32_t SlotMeans::state_bytes(const Parameters& parameters) {
    return parameters.channels * static_cast<uint32_t>(sizeof(Channel));
}

void SlotMeans::start(const Parameters& parameters, std::span<uint8_t> state) {
    parameters_ = parameters;
    channels_ = {reinterpret_cast<Channel*>(state.data()), parameters.channels};
    std::fill(channels_.begin(), channels_.end(), Channel{});
    filled_ = 0;
    minute_ = kNone;
    slot_ = kNone;
    samples_ = 0;
}

size_t SlotMeans::push(std::span<const int16_t> samples, std::span<uint8_t> /*scratch*/,
                       int16_t* frame, bool& ready) {
    ready = false;
    const size_t count = std::min<size_t>(samples.size(), channels_.size() - filled_);
    for (size_t i = 0; i < count; ++i) channels_[filled_ + i].reading = samples[i];
    filled_ += static_cast<uint32_t>(count);
    if (filled_ == channels_.size()) {
        filled_ = 0;
        ready = take(frame);
    }
    return count;
}

uint32_t SlotMeans::minute_of(int16_t reading) {
    if (reading >= 0 && reading < static_cast<int32_t>(kWeek))
        return static_cast<uint32_t>(reading);
    return minute_ == kNone ? kNone : (minute_ + parameters_.minutes_a_sample) % kWeek;
}

bool SlotMeans::take(int16_t* frame) {
    minute_ = minute_of(channels_[0].reading);
    if (minute_ == kNone) return false;  // before the clock was ever set
    const uint32_t slot = minute_ / parameters_.slot_minutes;
    const bool later = samples_ != 0 && slot != slot_;
    if (later) finish(frame);
    slot_ = slot;
    add();
    if (later || samples_ < parameters_.samples) return later;
    finish(frame);
    return true;
}

void SlotMeans::add() {
    ++samples_;
    for (Channel& channel : channels_.subspan(1)) {
        if (channel.reading == kMissingReading) continue;
        channel.sum += channel.reading;
        ++channel.count;
    }
}

void SlotMeans::finish(int16_t* frame) {
    frame[0] = static_cast<int16_t>(slot_);
    for (size_t i = 1; i < channels_.size(); ++i) {
        Channel& channel = channels_[i];
        const auto count = static_cast<int64_t>(channel.count);
        const int64_t half = channel.sum < 0 ? -count / 2 : count / 2;
        frame[i] =
            count == 0 ? kMissingReading : static_cast<int16_t>((channel.sum + half) / count);
        channel.sum = 0;
        channel.count = 0;
    }
    samples_ = 0;
}

}  // namespace ganglion
