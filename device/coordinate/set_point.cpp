#include "device/coordinate/set_point.hpp"

#include "device/event/map_reader.hpp"

namespace ganglion::coordinate {
namespace {

enum Key : uint32_t { kTarget, kSequence, kIssued, kValid, kStep, kLevels };
constexpr uint32_t kAllKeys = 0b111111;

bool read_levels(CborReader& in, SetPoint& set_point) {
    size_t steps = 0;
    if (!in.array(steps) || steps == 0 || steps > SetPoint::kMostSteps) return false;
    for (size_t i = 0; i < steps; ++i) {
        size_t kinds = 0;
        if (!in.array(kinds) || kinds != kStoreKinds) return false;
        for (int32_t& level : set_point.levels[i])
            if (!in.integer(level)) return false;
    }
    set_point.steps = static_cast<uint32_t>(steps);
    return true;
}

}  // namespace

const char* to_string(Refusal refusal) {
    switch (refusal) {
        case Refusal::none:
            return "none";
        case Refusal::malformed:
            return "malformed";
        case Refusal::unknown_key:
            return "signed by a key that this device does not trust";
        case Refusal::bad_signature:
            return "bad signature";
        case Refusal::not_for_me:
            return "for another device";
        case Refusal::replayed:
            return "not newer than the last one";
        case Refusal::expired:
            return "expired";
        case Refusal::too_early:
            return "from the future";
        case Refusal::too_long:
            return "valid for too long";
        case Refusal::out_of_bounds:
            return "a level out of bounds";
        case Refusal::unsafe:
            return "would break a local limit";
    }
    return "unknown";
}

size_t encode(const SetPoint& set_point, std::span<uint8_t> out) {
    if (set_point.steps > SetPoint::kMostSteps) return 0;
    CborWriter writer(out);
    writer.map(6);
    writer.uint(kTarget);
    writer.text(set_point.target);
    const uint32_t numbers[] = {set_point.sequence, set_point.issued_s, set_point.valid_s,
                                set_point.step_s};
    for (uint32_t i = 0; i < 4; ++i) {
        writer.uint(kSequence + i);
        writer.uint(numbers[i]);
    }
    writer.uint(kLevels);
    writer.array(set_point.steps);
    for (uint32_t i = 0; i < set_point.steps; ++i) {
        writer.array(kStoreKinds);
        for (const int32_t level : set_point.levels[i]) writer.integer(level);
    }
    return writer.ok() ? writer.size() : 0;
}

bool decode(std::span<const uint8_t> payload, SetPoint& set_point) {
    set_point = SetPoint();
    CborReader in(payload);
    const bool good = read_map(in, kAllKeys, [&](uint64_t key) {
        switch (key) {
            case kTarget:
                return in.text(set_point.target) && !set_point.target.empty() &&
                       set_point.target.size() <= SetPoint::kMostTarget;
            case kSequence:
                return in.uint(set_point.sequence) && set_point.sequence != 0;
            case kIssued:
                return in.uint(set_point.issued_s);
            case kValid:
                return in.uint(set_point.valid_s) && set_point.valid_s != 0;
            case kStep:
                return in.uint(set_point.step_s) && set_point.step_s != 0;
            case kLevels:
                return read_levels(in, set_point);
            default:
                return false;
        }
    });
    return good && in.at_end();
}

}  // namespace ganglion::coordinate
