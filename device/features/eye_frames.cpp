#include "device/features/eye_frames.hpp"

#include <algorithm>

#include "device/features/copy_section.hpp"
#include "device/features/narrowed.hpp"

namespace ganglion {

namespace {

constexpr uint32_t kBins = 128;
constexpr int32_t kBinWidth = 8;
constexpr int32_t kNearlyOpen = 205;   // 80 % of 256
constexpr int32_t kHalfOpen = 128;     // 50 %
constexpr int32_t kNearlyClosed = 51;  // 20 %

uint32_t parts(const EyeHeader& header) {
    return header.window / header.hop;
}

}  // namespace

Status parse_eye_section(std::span<const uint8_t> bytes, EyeHeader& header) {
    EyeHeader h;
    if (const Status status = copy_section(bytes, h); status != Status::ok) return status;
    if (h.rate_hz < 1 || h.rate_hz > 240) return Status::bad_value;
    if (h.channels != 1 && h.channels != 4) return Status::bad_shape;
    if (h.calibrate < 10 || h.calibrate > 255) return Status::bad_value;
    if (h.hop < 1 || h.window % h.hop != 0 || parts(h) < 1 || parts(h) > 30 || h.window > 600) {
        return Status::bad_shape;
    }
    if (h.closed_q8 > 200 || h.nod < 1 || h.nod > 32767) return Status::bad_value;
    header = h;
    return Status::ok;
}

Status EyeFrames::parse(const FeatureHeader& features, std::span<const uint8_t> bytes,
                        Parameters& parameters) {
    Parameters parsed;
    if (const Status status = parse_eye_section(bytes, parsed); status != Status::ok) {
        return status;
    }
    if (features.channels != parsed.channels || features.frame_values != kValues ||
        features.rate_hz != parsed.rate_hz || features.period_s != 1) {
        return Status::bad_shape;
    }
    parameters = parsed;
    return Status::ok;
}

uint32_t EyeFrames::state_bytes(const EyeHeader& header) {
    return parts(header) * uint32_t{sizeof(Part)} + kBins * uint32_t{sizeof(uint16_t)};
}

void EyeFrames::start(const EyeHeader& header, std::span<uint8_t> state) {
    *this = EyeFrames();
    header_ = header;
    parts_ = {reinterpret_cast<Part*>(state.data()), parts(header)};
    std::fill(parts_.begin(), parts_.end(), Part{});
    histogram_ = {reinterpret_cast<uint16_t*>(state.data() + parts_.size_bytes()), kBins};
    std::fill(histogram_.begin(), histogram_.end(), uint16_t{0});
}

size_t EyeFrames::push(std::span<const int16_t> samples, std::span<uint8_t> /*scratch*/,
                       int16_t* frame, bool& ready) {
    ready = false;
    size_t taken = 0;
    while (taken < samples.size()) {
        sample_[channel_++] = samples[taken++];
        if (channel_ < header_.channels) continue;
        channel_ = 0;
        if (!calibrated()) {
            calibrate_with(sample_.data());
            continue;
        }
        if (!take_sample(sample_.data())) continue;
        write_frame(frame);
        ready = true;
        return taken;
    }
    return taken;
}

void EyeFrames::calibrate_with(const int16_t* sample) {
    const int32_t opening = std::clamp<int32_t>(sample[0], 0, kBins * kBinWidth - 1);
    uint16_t& bin = histogram_[static_cast<size_t>(opening / kBinWidth)];
    if (bin < UINT16_MAX) ++bin;
    if (header_.channels == 4) pitch_sum_ += sample[1];
    ++seen_;
    const uint32_t wanted = header_.rate_hz * header_.calibrate;
    if (seen_ < wanted) return;
    // Median, between the edges of its bin in proportion.
    uint32_t below = 0;
    size_t i = 0;
    while (below + histogram_[i] < (wanted + 1U) / 2U && i + 1U < kBins) below += histogram_[i++];
    const uint32_t within = (wanted + 1U) / 2U - below;
    const uint32_t share = within * kBinWidth / std::max<uint32_t>(histogram_[i], 1U);
    open_ = static_cast<int16_t>(std::max<uint32_t>(
        static_cast<uint32_t>(i) * kBinWidth + std::min<uint32_t>(share, kBinWidth), 1U));
    pitch_ = static_cast<int32_t>(pitch_sum_ / static_cast<int64_t>(wanted));
    seen_ = 0;
    before_ = open_;
    for (size_t channel = 0; channel < last_.size(); ++channel) last_[channel] = sample[channel];
}

bool EyeFrames::take_sample(const int16_t* sample) {
    if (seen_ == 0) {
        part_ = part_ + 1U == parts_.size() ? 0 : part_ + 1U;
        parts_[part_] = {};
    }
    Part& part = parts_[part_];
    const int32_t opening = std::clamp<int32_t>(sample[0], 0, kBins * kBinWidth - 1);
    const int32_t closed = open_ * header_.closed_q8 / 256;
    const int32_t aperture = (opening - closed) * 256 / std::max<int32_t>(open_ - closed, 1);
    const bool is_closed = aperture <= kNearlyClosed;
    closure_ = is_closed ? closure_ + 1U : 0U;
    if (is_closed) ++part.closed;
    part.longest = std::max(part.longest, closure_);
    follow_blink(opening, aperture);
    if (header_.channels == 4) {
        const int32_t pitch = sample[1] - pitch_;
        part.pitch += pitch;
        const bool down = pitch <= -int32_t{header_.nod};
        if (down && !nodding_) ++part.nods;
        // Up again only at half way: a trembling head is one nod.
        nodding_ = down || (nodding_ && pitch <= -int32_t{header_.nod} / 2);
        for (size_t axis = 1; axis < 4; ++axis) {
            const int32_t step = sample[axis] - last_[axis];
            part.movement += static_cast<uint32_t>(step < 0 ? -step : step);
            last_[axis] = sample[axis];
        }
    }
    if (++seen_ < header_.rate_hz * header_.hop) return false;
    seen_ = 0;
    if (parts_seen_ < parts_.size()) ++parts_seen_;
    return parts_seen_ == parts_.size();
}

void EyeFrames::follow_blink(int32_t opening, int32_t aperture_q8) {
    if (aperture_q8 >= kNearlyOpen) {
        if (blink_ != 0 && bottom_aperture_ < kHalfOpen) end_blink(opening);
        blink_ = 0;
        before_ = opening;
        return;
    }
    if (blink_ == 0) {
        blink_from_ = before_;
        bottom_ = INT16_MAX;
    }
    ++blink_;
    ++since_bottom_;
    if (opening < bottom_) {
        bottom_ = opening;
        bottom_aperture_ = aperture_q8;
        since_bottom_ = 0;
    }
}

void EyeFrames::end_blink(int32_t opening) {
    Part& part = parts_[part_];
    const int32_t rise = std::max<int32_t>(opening - bottom_, 0);
    const int32_t drop = std::max<int32_t>((blink_from_ + opening) / 2 - bottom_, 0);
    ++part.blinks;
    part.duration += blink_ + 1U;
    part.amplitude += static_cast<uint32_t>(drop * 1024 / open_);
    part.velocity +=
        static_cast<uint32_t>(rise * 1024 / open_) * header_.rate_hz / (since_bottom_ + 1U);
}

void EyeFrames::write_frame(int16_t* frame) const {
    Part sum{};
    for (const Part& part : parts_) {
        sum.closed += part.closed;
        sum.blinks += part.blinks;
        sum.duration += part.duration;
        sum.longest = std::max(sum.longest, part.longest);
        sum.amplitude += part.amplitude;
        sum.velocity += part.velocity;
        sum.pitch += part.pitch;
        sum.nods += part.nods;
        sum.movement += part.movement;
    }
    const uint32_t rate = header_.rate_hz;
    const uint32_t window = header_.window;
    const uint32_t blinks = std::max<uint32_t>(sum.blinks, 1U);
    frame[0] = narrowed(int64_t{sum.closed} * 1000 / (int64_t{rate} * window));
    frame[1] = narrowed(int64_t{sum.blinks} * 60 / window);
    frame[2] = narrowed(int64_t{sum.duration} * 1000 / (int64_t{rate} * blinks));
    frame[3] = narrowed(int64_t{sum.longest} * 1000 / rate);
    frame[4] = narrowed(sum.amplitude / blinks);
    frame[5] = narrowed(sum.velocity / blinks);
    frame[6] = narrowed(sum.pitch / static_cast<int64_t>(rate * window));
    frame[7] = narrowed(int64_t{sum.nods} * 60 / window);
    frame[8] = narrowed(sum.movement / window);
}

}  // namespace ganglion
