#include "device/features/gradient_frames.hpp"

#include <algorithm>

#include "device/features/copy_section.hpp"
#include "device/features/integer_log2.hpp"

namespace ganglion {

namespace {

uint32_t cells(uint32_t pixels, const GradientHeader& header) {
    return (pixels - header.cell) / header.step + 1U;
}

// Octants counted against the clock from the x axis, each with the axis it begins at.
uint32_t octant_of(int32_t dx, int32_t dy) {
    const bool lower = dy < 0 || (dy == 0 && dx < 0);
    if (lower) {
        dx = -dx;
        dy = -dy;
    }
    uint32_t octant = 0;
    if (dx > 0) {
        octant = dy >= dx ? 1U : 0U;
    } else {
        octant = dy > -dx ? 2U : 3U;
    }
    return lower ? octant + 4U : octant;
}

}  // namespace

Status parse_gradient_section(std::span<const uint8_t> bytes, GradientHeader& header) {
    GradientHeader h;
    if (const Status status = copy_section(bytes, h); status != Status::ok) return status;
    if (h.width < 8 || h.width > 64 || h.height < 8 || h.height > 64) return Status::bad_shape;
    if (h.cell < 2 || h.cell > 16 || h.cell > h.width || h.cell > h.height) {
        return Status::bad_shape;
    }
    if (h.step < 1 || h.step > h.cell) return Status::bad_shape;
    if (GradientFrames::frame_values(h) > 1024) return Status::bad_shape;
    header = h;
    return Status::ok;
}

Status GradientFrames::parse(const FeatureHeader& features, std::span<const uint8_t> bytes,
                             Parameters& parameters) {
    Parameters parsed;
    if (const Status status = parse_gradient_section(bytes, parsed); status != Status::ok) {
        return status;
    }
    if (features.channels != 1 || features.frame_values != frame_values(parsed)) {
        return Status::bad_shape;
    }
    parameters = parsed;
    return Status::ok;
}

uint32_t GradientFrames::frame_values(const GradientHeader& header) {
    return cells(header.width, header) * cells(header.height, header) * kOctants;
}

uint32_t GradientFrames::state_bytes(const GradientHeader& header) {
    return (uint32_t{header.width} * header.height * uint32_t{sizeof(int16_t)} + 3U) / 4U * 4U;
}

uint32_t GradientFrames::scratch_bytes(const GradientHeader& header) {
    return frame_values(header) * uint32_t{sizeof(uint32_t)};
}

void GradientFrames::start(const GradientHeader& header, std::span<uint8_t> state) {
    *this = GradientFrames();
    header_ = header;
    image_ = {reinterpret_cast<int16_t*>(state.data()), size_t{header.width} * header.height};
}

size_t GradientFrames::push(std::span<const int16_t> samples, std::span<uint8_t> scratch,
                            int16_t* frame, bool& ready) {
    const size_t taken = std::min<size_t>(samples.size(), image_.size() - filled_);
    std::copy_n(samples.begin(), taken, image_.begin() + static_cast<ptrdiff_t>(filled_));
    filled_ += static_cast<uint32_t>(taken);
    ready = filled_ == image_.size();
    if (!ready) return taken;
    filled_ = 0;
    const std::span<uint32_t> sums{reinterpret_cast<uint32_t*>(scratch.data()),
                                   frame_values(header_)};
    std::fill(sums.begin(), sums.end(), 0U);
    for (uint32_t y = 0; y < header_.height; ++y) {
        for (uint32_t x = 0; x < header_.width; ++x) add_pixel(x, y, sums);
    }
    uint64_t total = 0;
    for (const uint32_t sum : sums) total += sum;
    const uint64_t count = sums.size() / kOctants;
    const uint64_t mean = std::max<uint64_t>(total / count, 1);
    for (size_t i = 0; i < sums.size(); ++i) {
        // log2(1 + 8 s / m) = log2(m + 8 s) - log2(m); both exact below 2^32.
        frame[i] = static_cast<int16_t>(log2_q8(mean + 8U * uint64_t{sums[i]}) - log2_q8(mean));
    }
    return taken;
}

void GradientFrames::add_pixel(uint32_t x, uint32_t y, std::span<uint32_t> sums) const {
    const int16_t* pixel = image_.data() + size_t{y} * header_.width + x;
    const bool inside_x = x > 0 && x + 1U < header_.width;
    const bool inside_y = y > 0 && y + 1U < header_.height;
    const int32_t dx = inside_x ? int32_t{pixel[1]} - pixel[-1] : 0;
    const int32_t dy =
        inside_y ? int32_t{pixel[header_.width]} - pixel[-int32_t{header_.width}] : 0;
    const auto weight = static_cast<uint32_t>((dx < 0 ? -dx : dx) + (dy < 0 ? -dy : dy));
    if (weight == 0) return;
    const uint32_t octant = octant_of(dx, dy);
    const uint32_t across = cells(header_.width, header_);
    const uint32_t down = cells(header_.height, header_);
    // The cells that hold the pixel: those beginning within `cell` before it.
    for (uint32_t row = 0; row < down; ++row) {
        const uint32_t top = row * header_.step;
        if (top > y) break;
        if (y >= top + header_.cell) continue;
        for (uint32_t column = 0; column < across; ++column) {
            const uint32_t left = column * header_.step;
            if (left > x) break;
            if (x >= left + header_.cell) continue;
            sums[(row * across + column) * kOctants + octant] += weight;
        }
    }
}

}  // namespace ganglion
