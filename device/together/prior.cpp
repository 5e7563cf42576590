#include "device/together/prior.hpp"

#include "device/event/map_reader.hpp"
#include "device/together/contribution.hpp"

namespace ganglion::together {
namespace {

enum PriorKey : uint32_t { kClass, kGroup, kSequence, kContributors, kValues };
constexpr uint32_t kAllKeys = 0b11111;
enum RequestKey : uint32_t { kAskedClass, kSeen, kWhyNot };
constexpr uint32_t kAsked = 0b11;

bool read_class(CborReader& in, std::string_view& of) {
    return in.text(of) && !of.empty() && of.size() <= Contribution::kMostClass && is_utf8(of);
}

bool read_values(CborReader& in, PriorMessage& prior) {
    size_t count = 0;
    if (!in.array(count) || count == 0 || count > prior.values.size()) return false;
    for (size_t i = 0; i < count; ++i) {
        int32_t value = 0;
        if (!in.integer(value) || value < INT16_MIN || value > INT16_MAX) return false;
        prior.values[i] = static_cast<int16_t>(value);
    }
    prior.count = static_cast<uint32_t>(count);
    return true;
}

}  // namespace

const char* to_string(PriorRefusal refusal) {
    switch (refusal) {
        case PriorRefusal::none:
            return "none";
        case PriorRefusal::malformed:
            return "malformed";
        case PriorRefusal::unknown_key:
            return "signed by a key that this device does not trust";
        case PriorRefusal::bad_signature:
            return "bad signature";
        case PriorRefusal::other_class:
            return "for devices of another class";
        case PriorRefusal::older:
            return "older than one it has seen";
        case PriorRefusal::out_of_bounds:
            return "beyond what its terms allow";
        case PriorRefusal::too_late:
            return "it has begun to learn";
    }
    return "unknown";
}

size_t encode(const PriorMessage& prior, std::span<uint8_t> out) {
    if (prior.count > prior.values.size()) return 0;
    CborWriter writer(out);
    writer.map(5);
    writer.uint(kClass);
    writer.text(prior.of);
    writer.uint(kGroup);
    writer.text(prior.group);
    writer.uint(kSequence);
    writer.uint(prior.sequence);
    writer.uint(kContributors);
    writer.uint(prior.contributors);
    writer.uint(kValues);
    writer.array(prior.count);
    for (const int16_t value : prior.numbers()) writer.integer(value);
    return writer.ok() ? writer.size() : 0;
}

bool decode(std::span<const uint8_t> payload, PriorMessage& prior) {
    prior = {};
    CborReader in(payload);
    const bool good = read_map(in, kAllKeys, [&](uint64_t key) {
        switch (key) {
            case kClass:
                return read_class(in, prior.of);
            case kGroup:
                return in.text(prior.group) && prior.group.size() <= PriorMessage::kMostGroup &&
                       is_utf8(prior.group);
            case kSequence:
                return in.uint(prior.sequence) && prior.sequence != 0;
            case kContributors:
                return in.uint(prior.contributors);
            case kValues:
                return read_values(in, prior);
            default:
                return false;
        }
    });
    return good && in.at_end();
}

size_t encode(const PriorRequest& request, std::span<uint8_t> out) {
    const bool refused = request.refusal != PriorRefusal::none;
    CborWriter writer(out);
    writer.map(refused ? 3 : 2);
    writer.uint(kAskedClass);
    writer.text(request.of);
    writer.uint(kSeen);
    writer.uint(request.sequence);
    if (refused) {
        writer.uint(kWhyNot);
        writer.uint(static_cast<uint32_t>(request.refusal));
    }
    return writer.ok() ? writer.size() : 0;
}

bool decode(std::span<const uint8_t> payload, PriorRequest& request) {
    request = {};
    CborReader in(payload);
    uint32_t refusal = 0;
    const bool good = read_map(in, kAsked, [&](uint64_t key) {
        switch (key) {
            case kAskedClass:
                return read_class(in, request.of);
            case kSeen:
                return in.uint(request.sequence);
            case kWhyNot:
                if (!in.uint(refusal) || refusal >= kPriorRefusals) return false;
                request.refusal = static_cast<PriorRefusal>(refusal);
                return true;
            default:
                return in.skip();
        }
    });
    return good && in.at_end();
}

}  // namespace ganglion::together
