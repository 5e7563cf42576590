#include "device/update/manifest.hpp"

#include <algorithm>

#include "device/event/map_reader.hpp"

namespace ganglion::update {
namespace {

constexpr uint32_t kStructureVersion = 1;
constexpr uint64_t kHealthKey = 12;
constexpr uint32_t kMaxImage = 64U << 20U;

template <size_t size>
bool read_bytes(CborReader& in, std::array<uint8_t, size>& into) {
    std::span<const uint8_t> bytes;
    if (!in.bytes(bytes) || bytes.size() != size) return false;
    std::copy(bytes.begin(), bytes.end(), into.begin());
    return true;
}

bool read_version(CborReader& in, Version& version) {
    size_t items = 0;
    return in.array(items) && items == version.size() && in.uint(version[0]) &&
           in.uint(version[1]) && in.uint(version[2]);
}

bool read_component(CborReader& in, Component& component) {
    uint32_t value = 0;
    if (!in.uint(value) || value >= kComponents) return false;
    component = static_cast<Component>(value);
    return true;
}

bool read_up_to(CborReader& in, uint32_t most, uint32_t& value) {
    return in.uint(value) && value <= most;
}

constexpr uint32_t kImageKeys = 0b110101110;  // sequence, vendor, class, component, bytes, digest

// One of kImageKeys.
bool read_image_key(CborReader& in, uint64_t key, ImageFacts& facts) {
    switch (key) {
        case 1:
            return read_up_to(in, UINT32_MAX - 1, facts.sequence) && facts.sequence != 0;
        case 2:
            return read_bytes(in, facts.vendor);
        case 3:
            return read_bytes(in, facts.hardware_class);
        case 5:
            return read_component(in, facts.component);
        case 7:
            return read_up_to(in, kMaxImage, facts.image_bytes) && facts.image_bytes != 0;
        default:
            return read_bytes(in, facts.image_digest);
    }
}

bool is_image_key(uint64_t key) {
    return key < 32 && (kImageKeys >> key & 1U) != 0;
}

bool read_payload(CborReader& in, const uint8_t* manifest, Payload& payload) {
    std::span<const uint8_t> digests;
    bool has_base = false;
    const bool good = read_map(in, 0b111, [&](uint64_t key) {
        uint32_t format = 0;
        switch (key) {
            case 0:
                if (!read_up_to(in, 1, format)) return false;
                payload.format = static_cast<Format>(format);
                return true;
            case 1:
                return read_up_to(in, kMaxImage, payload.bytes) && payload.bytes != 0;
            case 2:
                return in.bytes(digests);
            case 3:
                has_base = true;
                return read_bytes(in, payload.base);
            default:
                return false;
        }
    });
    if (!good || has_base != (payload.format == Format::delta)) return false;
    payload.index_digests_at = static_cast<uint32_t>(digests.data() - manifest);
    return digests.size() == size_t{payload.index_pieces()} * sizeof(ShortDigest);
}

bool read_dependencies(CborReader& in, Manifest& manifest) {
    size_t items = 0;
    if (!in.array(items) || items > Manifest::kMaxDependencies) return false;
    for (size_t i = 0; i < items; ++i) {
        size_t pair = 0;
        Dependency& dependency = manifest.dependencies[i];
        if (!in.array(pair) || pair != 2 || !read_component(in, dependency.component) ||
            !read_version(in, dependency.at_least))
            return false;
    }
    manifest.dependency_count = static_cast<uint32_t>(items);
    return true;
}

bool read_scores(CborReader& in, std::array<uint16_t, HealthRule::kBins>& scores) {
    size_t items = 0;
    if (!in.array(items) || items != scores.size()) return false;
    uint32_t sum = 0;
    for (uint16_t& share : scores) {
        uint32_t value = 0;
        if (!read_up_to(in, 1000, value)) return false;
        share = static_cast<uint16_t>(value);
        sum += value;
    }
    return sum == 1000;
}

bool read_health(CborReader& in, HealthRule& rule) {
    bool scores = false;
    bool distance = false;
    const bool good = read_map(in, 0b1, [&](uint64_t key) {
        switch (key) {
            case 0:
                return read_up_to(in, 100, rule.starts) && rule.starts != 0;
            case 1:
                return in.uint(rule.min_ms);
            case 2:
                return in.uint(rule.max_ms);
            case 3:
                return in.uint(rule.min_inferences);
            case 4:
                return read_up_to(in, 1000, rule.max_alerts_permille);
            case 5:
                return in.boolean(rule.reconnect);
            case 6:
                scores = true;
                return read_scores(in, rule.scores);
            case 7:
                distance = true;
                return read_up_to(in, 1000, rule.max_distance_permille);
            default:
                return false;
        }
    });
    return good && scores == distance && (rule.max_ms == 0 || rule.max_ms >= rule.min_ms);
}

bool read_device(CborReader& in, Manifest& manifest) {
    std::string_view text;
    if (!in.text(text) || text.empty() || text.size() > manifest.device.size()) return false;
    std::copy(text.begin(), text.end(), manifest.device.begin());
    manifest.device_bytes = static_cast<uint32_t>(text.size());
    return true;
}

}  // namespace

bool ImageFacts::parse(std::span<const uint8_t> bytes) {
    *this = ImageFacts();
    CborReader in(bytes);
    return read_map(in, kImageKeys | 1U << kHealthKey, [&](uint64_t key) {
        if (is_image_key(key)) return read_image_key(in, key, *this);
        if (key != kHealthKey) return in.skip();
        return read_map(in, 0b1,
                        [&](uint64_t rule) { return rule == 0 ? in.uint(starts) : in.skip(); });
    });
}

Status Manifest::parse(std::span<const uint8_t> bytes) {
    *this = Manifest();
    uint32_t structure = 0;
    CborReader in(bytes);
    constexpr uint32_t required = 0b1001111101111;
    const bool good = read_map(in, required, [&](uint64_t key) {
        if (is_image_key(key)) return read_image_key(in, key, *this);
        switch (key) {
            case 0:
                return in.uint(structure);
            case 4:
                return read_device(in, *this);
            case 6:
                return read_version(in, version);
            case 9:
                return read_payload(in, bytes.data(), payload);
            case 10:
                return read_dependencies(in, *this);
            case 11:
                return in.boolean(downgrade);
            case kHealthKey:
                return read_health(in, health);
            default:
                return false;
        }
    });
    if (structure > kStructureVersion) return Status::bad_version;
    if (!good || structure != kStructureVersion || !in.at_end()) return Status::bad_value;
    starts = health.starts;
    if (payload.format == Format::full && payload.bytes != image_bytes) return Status::bad_value;
    return Status::ok;
}

}  // namespace ganglion::update
