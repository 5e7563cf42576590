#include "device/bundle/bundle.hpp"

#include <algorithm>
#include <cstring>

#include "device/bundle/format.hpp"

namespace ganglion {

namespace {

static_assert(Bundle::signature_bytes == kCoseSign1Prefix.size() + kEs256SignatureBytes);

constexpr uint32_t kLargestBundle = 64U << 20U;

Status read_header(std::span<const uint8_t> bytes, BundleHeader& header) {
    if (bytes.size() < sizeof header) return Status::truncated;
    std::memcpy(&header, bytes.data(), sizeof header);
    if (header.magic != kBundleMagic) return Status::bad_magic;
    if (header.format_version != kBundleFormatVersion) return Status::bad_version;
    if (header.section_count != kBundleSections) return Status::bad_value;
    if (header.signed_bytes > kLargestBundle) return Status::too_large;
    if (header.signature_bytes != Bundle::signature_bytes) return Status::bad_value;
    for (const uint32_t value : header.reserved) {
        if (value != 0) return Status::bad_value;
    }
    return Status::ok;
}

bool all_zero(std::span<const uint8_t> bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](uint8_t byte) { return byte == 0; });
}

using Sections = std::array<std::span<const uint8_t>, kBundleSections>;

// The one layout that the table may describe; whatever else it says is refused.
Status read_sections(std::span<const uint8_t> bytes, Sections& sections) {
    size_t end = sizeof(BundleHeader) + kBundleSections * sizeof(SectionEntry);
    if (bytes.size() < end) return Status::truncated;
    for (uint32_t i = 0; i < kBundleSections; ++i) {
        SectionEntry entry;
        std::memcpy(&entry, bytes.data() + sizeof(BundleHeader) + i * sizeof entry, sizeof entry);
        if (entry.type != i + 1 || entry.reserved != 0) return Status::bad_value;
        const size_t start = (end + kSectionAlignment - 1) / kSectionAlignment * kSectionAlignment;
        if (entry.offset != start || start > bytes.size()) return Status::bad_offset;
        if (entry.bytes > bytes.size() - start) return Status::bad_offset;
        if (!all_zero(bytes.subspan(end, start - end))) return Status::bad_value;
        sections[i] = bytes.subspan(start, entry.bytes);
        end = start + entry.bytes;
    }
    return end == bytes.size() ? Status::ok : Status::bad_offset;
}

// A text ends with a zero and nothing but zeros follow; so two bundles that read alike are alike.
template <size_t size>
bool is_text(const char (&text)[size]) {
    const char* end = std::find(text, text + size, '\0');
    return end != text + size && std::all_of(end, text + size, [](char c) { return c == '\0'; });
}

Status read_meta(std::span<const uint8_t> bytes, BundleMeta& out) {
    if (bytes.size() < sizeof(BundleMeta)) return Status::truncated;
    if (bytes.size() > sizeof(BundleMeta)) return Status::bad_shape;
    BundleMeta meta;
    std::memcpy(&meta, bytes.data(), sizeof meta);
    if (meta.numeric_contract != kNumericContractVersion) return Status::bad_version;
    bool texts = is_text(meta.name) && is_text(meta.version) && is_text(meta.title) &&
                 is_text(meta.unit) && meta.name[0] != '\0' && meta.version[0] != '\0';
    for (const auto& label : meta.labels) texts = texts && is_text(label);
    if (!texts) return Status::bad_value;
    if (meta.sensor != static_cast<uint32_t>(SensorKind::microphone) &&
        meta.sensor != static_cast<uint32_t>(SensorKind::accelerometer)) {
        return Status::unsupported;
    }
    if (meta.label_count < 1 || meta.label_count > BundleMeta::maximum_labels) {
        return Status::bad_value;
    }
    if (meta.stop_line > 1 || meta.gate_ms > 60000) return Status::bad_value;
    out = meta;
    return Status::ok;
}

Status read_proof(std::span<const uint8_t> bytes, Proof& proof) {
    if (bytes.size() < sizeof(ProofHeader)) return Status::truncated;
    std::memcpy(&proof.header, bytes.data(), sizeof(ProofHeader));
    const size_t samples = proof.header.sample_values;
    const size_t scores = proof.header.inferences;
    if (samples > kLargestBundle || scores > kLargestBundle) return Status::bad_shape;
    if (bytes.size() != sizeof(ProofHeader) + (samples + scores) * 2) return Status::bad_shape;
    if (samples == 0 || scores == 0) return Status::bad_value;
    const uint8_t* first = bytes.data() + sizeof(ProofHeader);
    proof.samples = {reinterpret_cast<const int16_t*>(first), samples};
    proof.scores = {reinterpret_cast<const uint16_t*>(first + samples * 2), scores};
    return Status::ok;
}

// What one section says must agree with the others.
Status check_whole(const BundleMeta& meta, const FeatureSection& features,
                   const DecisionParameters& decision, const Proof& proof) {
    if (meta.rate_hz != features.header.rate_hz || meta.channels != features.header.channels) {
        return Status::bad_shape;
    }
    if (decision.label >= meta.label_count) return Status::bad_value;
    // Learning in the proof where the device does not learn, or the other way round, would prove
    // another pipeline.
    if ((proof.header.learn_frames != 0) != (features.header.learn_frames != 0)) {
        return Status::bad_value;
    }
    if (proof.header.learn_frames > 65536) return Status::bad_value;
    return Status::ok;
}

}  // namespace

uint32_t Bundle::stored_bytes(std::span<const uint8_t> header_bytes) {
    BundleHeader header;
    if (read_header(header_bytes, header) != Status::ok) return 0;
    return header.signed_bytes + header.signature_bytes;
}

Status Bundle::parse_unsigned(std::span<const uint8_t> signed_part) {
    *this = Bundle();
    if (reinterpret_cast<uintptr_t>(signed_part.data()) % kSectionAlignment != 0) {
        return Status::bad_offset;
    }
    BundleHeader header;
    if (Status status = read_header(signed_part, header); status != Status::ok) return status;
    if (header.signed_bytes > signed_part.size()) return Status::truncated;
    if (header.signed_bytes < signed_part.size()) return Status::bad_shape;
    Sections sections;
    if (Status status = read_sections(signed_part, sections); status != Status::ok) return status;

    Bundle parsed;
    const auto section = [&](SectionType type) {
        return sections[static_cast<uint32_t>(type) - 1U];
    };
    Status status = read_meta(section(SectionType::meta), parsed.meta_);
    if (status == Status::ok) {
        status = parse_feature_section(section(SectionType::features), parsed.features_);
    }
    if (status == Status::ok) {
        status = parse_decision(section(SectionType::decision), parsed.decision_);
    }
    if (status == Status::ok) status = read_proof(section(SectionType::proof), parsed.proof_);
    if (status == Status::ok) {
        status = check_whole(parsed.meta_, parsed.features_, parsed.decision_, parsed.proof_);
    }
    if (status != Status::ok) return status;
    parsed.program_ = section(SectionType::program);
    *this = parsed;
    return Status::ok;
}

Status Bundle::load(std::span<const uint8_t> bytes, const SignatureVerifier& verifier) {
    *this = Bundle();
    BundleHeader header;
    if (Status status = read_header(bytes, header); status != Status::ok) return status;
    if (bytes.size() < header.signed_bytes ||
        bytes.size() - header.signed_bytes < header.signature_bytes) {
        return Status::truncated;
    }
    const auto signed_part = bytes.first(header.signed_bytes);
    const auto cose = bytes.subspan(header.signed_bytes, signature_bytes);
    if (!std::equal(kCoseSign1Prefix.begin(), kCoseSign1Prefix.end(), cose.begin())) {
        return Status::bad_signature;
    }
    std::array<uint8_t, kSha256Bytes> digest{};
    Status status = verifier.sha256(verifier.context, signed_part, digest);
    if (status == Status::ok) {
        status = verifier.verify(verifier.context, sig_structure(digest),
                                 cose.last<kEs256SignatureBytes>());
    }
    if (status == Status::ok) status = parse_unsigned(signed_part);
    if (status == Status::ok) std::copy_n(digest.begin(), digest_.size(), digest_.begin());
    return status;
}

}  // namespace ganglion
