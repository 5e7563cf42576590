#include "device/together/contribution.hpp"

#include <algorithm>

#include "device/event/map_reader.hpp"

namespace ganglion::together {
namespace {

enum Key : uint32_t { kClass, kSequence, kValues };
constexpr uint32_t kRequired = 0b111;
constexpr int32_t kMostValue = 1 << 20;

uint32_t square_root(uint64_t value) {
    uint64_t root = 0;
    for (uint64_t bit = uint64_t{1} << 31U; bit != 0; bit >>= 1U)
        if ((root | bit) * (root | bit) <= value) root |= bit;
    return static_cast<uint32_t>(root);
}

bool read_values(CborReader& in, Contribution& contribution) {
    size_t count = 0;
    if (!in.array(count) || count == 0 || count > contribution.values.size()) return false;
    for (size_t i = 0; i < count; ++i) {
        int32_t& value = contribution.values[i];
        if (!in.integer(value) || value < -kMostValue || value > kMostValue) return false;
    }
    contribution.count = static_cast<uint32_t>(count);
    return true;
}

}  // namespace

Contribution contribute(const ShareTerms& terms, std::span<const int16_t> learned,
                        const RandomWords& random) {
    Contribution contribution;
    contribution.count = terms.count;
    uint64_t square = 0;
    for (uint32_t i = 0; i < terms.count; ++i) {
        const int64_t off = int64_t{learned[i]} - terms.centre[i];
        square += static_cast<uint64_t>(off * off);
    }
    // Rounded up and towards the centre: never beyond the radius.
    const int64_t distance = int64_t{square_root(square)} + 1;
    const bool clipped = square > uint64_t{terms.radius} * terms.radius;
    for (uint32_t i = 0; i < terms.count; ++i) {
        int64_t off = int64_t{learned[i]} - terms.centre[i];
        if (clipped) off = off * terms.radius / distance;
        contribution.values[i] =
            static_cast<int32_t>(terms.centre[i] + off) + discrete_gaussian(terms.sigma, random);
    }
    return contribution;
}

size_t encode(const Contribution& contribution, std::span<uint8_t> out) {
    CborWriter writer(out);
    writer.map(3);
    writer.uint(kClass);
    writer.text(contribution.of);
    writer.uint(kSequence);
    writer.uint(contribution.sequence);
    writer.uint(kValues);
    writer.array(contribution.count);
    for (uint32_t i = 0; i < contribution.count; ++i) writer.integer(contribution.values[i]);
    return writer.ok() ? writer.size() : 0;
}

bool decode(std::span<const uint8_t> payload, Contribution& contribution) {
    contribution = {};
    CborReader in(payload);
    const bool good = read_map(in, kRequired, [&](uint64_t key) {
        switch (key) {
            case kClass:
                return in.text(contribution.of) && !contribution.of.empty() &&
                       contribution.of.size() <= Contribution::kMostClass &&
                       is_utf8(contribution.of);
            case kSequence:
                return in.uint(contribution.sequence) && contribution.sequence != 0;
            case kValues:
                return read_values(in, contribution);
            default:
                return in.skip();
        }
    });
    return good && in.at_end();
}

}  // namespace ganglion::together
