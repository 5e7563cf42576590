#include "device/bundle/bundle.hpp"

#include <algorithm>
#include <cstring>

#include "device/bundle/format.hpp"
#include "device/program/program.hpp"

namespace ganglion {

namespace {

static_assert(Bundle::signature_bytes == kCoseSign1Prefix.size() + kEs256SignatureBytes);

constexpr uint32_t kLargestBundle = 64U << 20U;

Status read_header(std::span<const uint8_t> bytes, BundleHeader& header) {
    if (bytes.size() < sizeof header) return Status::truncated;
    std::memcpy(&header, bytes.data(), sizeof header);
    if (header.magic != kBundleMagic) return Status::bad_magic;
    if (header.format_version != kBundleFormatVersion) return Status::bad_version;
    if (header.section_count < section_count(1) ||
        header.section_count > section_count(kMaximumStages) ||
        header.section_count % kStageSections != 0) {
        return Status::bad_value;
    }
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

static_assert(kStageSections == 3, "3 + 3 * stages is a multiple of 3");

SectionType type_at(uint32_t index, uint32_t count) {
    if (index < 2) return index == 0 ? SectionType::meta : SectionType::features;
    if (index + 1 == count) return SectionType::proof;
    return static_cast<SectionType>(static_cast<uint32_t>(SectionType::program) + (index - 2) % 3);
}

struct Sections {
    std::array<std::span<const uint8_t>, section_count(kMaximumStages)> bytes;
    uint32_t count = 0;

    uint32_t stages() const { return count / kStageSections - 1U; }
    std::span<const uint8_t> meta() const { return bytes[0]; }
    std::span<const uint8_t> features() const { return bytes[1]; }
    std::span<const uint8_t> of_stage(uint32_t stage, SectionType type) const {
        const uint32_t at =
            static_cast<uint32_t>(type) - static_cast<uint32_t>(SectionType::program);
        return bytes[2U + stage * kStageSections + at];
    }
    std::span<const uint8_t> proof() const { return bytes[count - 1U]; }
};

// The one layout that the table may describe; whatever else it says is refused.
Status read_sections(std::span<const uint8_t> bytes, uint32_t count, Sections& sections) {
    size_t end = sizeof(BundleHeader) + count * sizeof(SectionEntry);
    if (bytes.size() < end) return Status::truncated;
    for (uint32_t i = 0; i < count; ++i) {
        SectionEntry entry;
        std::memcpy(&entry, bytes.data() + sizeof(BundleHeader) + i * sizeof entry, sizeof entry);
        if (entry.type != static_cast<uint32_t>(type_at(i, count)) || entry.reserved != 0) {
            return Status::bad_value;
        }
        const size_t start = (end + kSectionAlignment - 1) / kSectionAlignment * kSectionAlignment;
        if (entry.offset != start || start > bytes.size()) return Status::bad_offset;
        if (entry.bytes > bytes.size() - start) return Status::bad_offset;
        if (!all_zero(bytes.subspan(end, start - end))) return Status::bad_value;
        sections.bytes[i] = bytes.subspan(start, entry.bytes);
        end = start + entry.bytes;
    }
    sections.count = count;
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
    if (meta.sensor < 1 || meta.sensor > kLastSensorKind) return Status::unsupported;
    if (meta.label_count < 1 || meta.label_count > BundleMeta::maximum_labels) {
        return Status::bad_value;
    }
    const uint32_t labels = (1U << meta.label_count) - 1U;
    const uint32_t acting =
        meta.gate_labels | meta.stop_labels | meta.relay_labels | meta.light_labels;
    if ((acting & ~labels) != 0 || meta.gate_ms > 60000) return Status::bad_value;
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

// A stage's model must be there, give what the decision reads, and see frames that are kept.
Status check_stage(const BundleMeta& meta, const FeatureHeader& features,
                   const BundleStage& stage) {
    const DecisionParameters& decision = stage.decision;
    if (stage.program.empty() && !stage.has_learner) return Status::bad_shape;
    // A program needs its int8 input made somehow.
    const bool scaled = features.scales != 0 || features.learn_frames != 0;
    if (!stage.program.empty() && !scaled) return Status::bad_shape;
    const auto kind = static_cast<DecisionKind>(decision.kind);
    const bool by_learner = kind == DecisionKind::learner || kind == DecisionKind::classes;
    if (stage.has_learner && !by_learner) return Status::bad_value;
    if (!stage.has_learner && kind == DecisionKind::learner) return Status::bad_value;
    if (stage.has_learner && decision.outputs != stage.learner.header.outputs) {
        return Status::bad_shape;
    }
    if (decision.frames > features.frames) return Status::bad_shape;
    const uint32_t last =
        uint32_t{decision.first_label} +
        (kind == DecisionKind::classes ? decision.outputs - 1U : uint32_t{decision.label});
    return last < meta.label_count ? Status::ok : Status::bad_value;
}

// What one section says must agree with the others.
Status check_whole(const BundleMeta& meta, const FeatureSection& features,
                   std::span<const BundleStage> stages, const Proof& proof) {
    const FeatureHeader& header = features.header;
    if (meta.rate_hz != header.rate_hz || meta.period_s != header.period_s ||
        meta.channels != header.channels) {
        return Status::bad_shape;
    }
    for (const BundleStage& stage : stages) {
        const Status status = check_stage(meta, header, stage);
        if (status != Status::ok) return status;
    }
    // Learning in the proof where the device does not learn, or the other way round, would prove
    // another pipeline.
    if ((proof.header.learn_frames != 0) != (header.learn_frames != 0)) {
        return Status::bad_value;
    }
    if (proof.header.learn_frames > 65536) return Status::bad_value;
    if (proof.header.turns < 1 || proof.header.turns > 1024) return Status::bad_value;
    return Status::ok;
}

// `frame_values`: of the raw frames, which a learner without a program judges.
Status read_stage(const Sections& sections, uint32_t index, uint32_t frame_values,
                  BundleStage& stage) {
    stage.program = sections.of_stage(index, SectionType::program);
    const auto learner = sections.of_stage(index, SectionType::learner);
    Status status = parse_decision(sections.of_stage(index, SectionType::decision), stage.decision);
    if (status != Status::ok || learner.empty()) return status;
    stage.has_learner = true;
    // Behind a program it judges that one's outputs; only the loaded program knows how many.
    uint32_t values = frame_values;
    if (!stage.program.empty()) {
        Program program;
        status = program.load(stage.program);
        if (status != Status::ok) return status;
        if (program.output_count() != 1 || program.output().bytes > kMaximumFrameValues) {
            return Status::unsupported;
        }
        values = program.output().bytes;
    }
    return Learner::parse(learner, values, stage.learner);
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
    Status status = read_sections(signed_part, header.section_count, sections);
    if (status != Status::ok) return status;

    Bundle parsed;
    status = read_meta(sections.meta(), parsed.meta_);
    if (status == Status::ok) {
        status = parse_feature_section(sections.features(), parsed.features_);
    }
    parsed.stage_count_ = sections.stages();
    for (uint32_t i = 0; i < parsed.stage_count_ && status == Status::ok; ++i) {
        status = read_stage(sections, i, parsed.features_.frame_values(), parsed.stages_[i]);
    }
    if (status == Status::ok) status = read_proof(sections.proof(), parsed.proof_);
    if (status == Status::ok) {
        status = check_whole(parsed.meta_, parsed.features_, parsed.stages(), parsed.proof_);
    }
    if (status != Status::ok) return status;
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
