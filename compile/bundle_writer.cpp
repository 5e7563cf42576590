#include "compile/bundle_writer.hpp"

#include <cmath>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "compile/bundle_features.hpp"
#include "compile/bundle_signature.hpp"
#include "device/bundle/bundle.hpp"
#include "device/bundle/format.hpp"
#include "device/pipeline/pipeline.hpp"
#include "device/program/program.hpp"

namespace ganglion::compile {

namespace {

static_assert(__STDCPP_DEFAULT_NEW_ALIGNMENT__ >= kSectionAlignment,
              "a vector's bytes serve as an aligned bundle");

using Bytes = std::vector<uint8_t>;

[[noreturn]] void refuse(const project::Project& project, const std::string& what) {
    throw std::runtime_error(project.path.string() + ": " + what);
}

template <typename T>
Bytes bytes_of(const T& value) {
    Bytes bytes(sizeof value);
    std::memcpy(bytes.data(), &value, sizeof value);
    return bytes;
}

template <size_t size>
void put_text(char (&field)[size], const std::string& text) {
    if (text.size() >= size) throw std::runtime_error('"' + text + "\" is too long for a bundle");
    std::memcpy(field, text.data(), text.size());
}

// factor = multiplier / 2^shift with a multiplier of 15 bits.
void put_factor(const project::Project& project, double factor, DecisionParameters& decision) {
    int exponent = 0;
    long multiplier = std::lround(std::frexp(factor, &exponent) * (1 << 15));
    if (multiplier == 1 << 15) {
        multiplier /= 2;
        ++exponent;
    }
    const int shift = 15 - exponent;
    if (!(factor > 0) || shift < 1 || shift > 62) {
        refuse(project,
               "the model's quantization and decision.full_scale give no usable score; "
               "change full_scale");
    }
    decision.score_multiplier = static_cast<uint32_t>(multiplier);
    decision.score_shift = static_cast<uint32_t>(shift);
}

std::string shape_text(const TensorInfo& tensor) {
    std::string text = "[";
    for (uint32_t i = 0; i < tensor.rank; ++i) {
        text += (i == 0 ? "" : ", ") + std::to_string(tensor.dims[i]);
    }
    return text + "]";
}

DecisionParameters decision_section(const project::Project& project, const Program& program) {
    const TensorInfo& input = program.input();
    const TensorInfo& output = program.output();
    if (program.input_count() != 1 || program.output_count() != 1 ||
        input.type != ElementType::int8 || output.type != ElementType::int8) {
        refuse(project,
               "the model must have one int8 input and one int8 output; export it that way");
    }
    const uint32_t window = project.frame_values() * project.features.frames;
    if (input.bytes != window) {
        refuse(project, "the model takes " + shape_text(input) + ", the features give " +
                            std::to_string(project.features.frames) + " frames of " +
                            std::to_string(project.frame_values()) +
                            " values; change [features] or train again");
    }
    const auto& rule = project.decision;
    DecisionParameters decision{};
    decision.label = static_cast<uint16_t>(rule.label);
    decision.average = static_cast<uint16_t>(rule.average);
    decision.threshold = static_cast<uint16_t>(rule.threshold);
    decision.consecutive = static_cast<uint16_t>(rule.consecutive);
    decision.minimum_gap_ms = rule.minimum_gap_ms;
    decision.output_zero_point = output.zero_point;
    decision.input_zero_point = input.zero_point;
    if (rule.kind == project::DecisionRule::class_probability) {
        if (output.bytes != rule.labels.size()) {
            refuse(project, "the model gives " + shape_text(output) + ", decision.labels has " +
                                std::to_string(rule.labels.size()) +
                                " entries; write one label for each output");
        }
        decision.kind = static_cast<uint32_t>(DecisionKind::class_probability);
        put_factor(project, 1000.0 * output.scale, decision);
        return decision;
    }
    if (output.bytes != input.bytes) {
        refuse(project,
               "reconstruction_error needs a model whose output has as many values as "
               "its input, not " +
                   shape_text(output) + " for " + shape_text(input));
    }
    decision.kind = static_cast<uint32_t>(DecisionKind::reconstruction_error);
    const double rescale = static_cast<double>(output.scale) / input.scale;
    if (!(rescale * 65536 >= 1) || rescale > 16) {
        refuse(project, "the model's output scale is far from its input scale; train again");
    }
    decision.rescale_q16 = static_cast<uint32_t>(std::lround(rescale * 65536));
    const double step = input.scale / 16.0;
    put_factor(project, 1000.0 * step * step / (input.bytes * rule.full_scale), decision);
    return decision;
}

BundleMeta meta_section(const BundleInput& input) {
    const project::Project& project = input.project;
    BundleMeta meta{};
    put_text(meta.name, project.application.name);
    put_text(meta.version, project.application.version);
    put_text(meta.title, project.application.title);
    put_text(meta.unit, project.sensor.unit);
    for (size_t i = 0; i < project.decision.labels.size(); ++i) {
        put_text(meta.labels[i], project.decision.labels[i]);
    }
    meta.label_count = static_cast<uint32_t>(project.decision.labels.size());
    meta.numeric_contract = kNumericContractVersion;
    meta.sensor = static_cast<uint32_t>(project.sensor.kind == project::Sensor::microphone
                                            ? SensorKind::microphone
                                            : SensorKind::accelerometer);
    meta.rate_hz = project.sensor.rate_hz;
    meta.channels = project.sensor.channels;
    meta.gate_ms = project.action.gate_ms;
    meta.stop_line = project.action.stop_line ? 1 : 0;
    meta.instructions = input.instructions;
    meta.unit_per_lsb = static_cast<float>(project.sensor.unit_per_lsb);
    return meta;
}

struct ProofResult {
    std::vector<uint16_t> scores;
    uint32_t tensors_crc = 0;
};

Bytes proof_section(const BundleInput& input, const ProofResult& result) {
    ProofHeader header{};
    header.sample_values = static_cast<uint32_t>(input.proof_samples.size());
    header.inferences = static_cast<uint32_t>(result.scores.size());
    header.learn_frames = input.proof_learn_frames;
    header.tensors_crc = result.tensors_crc;
    Bytes bytes(sizeof header + 2 * (input.proof_samples.size() + result.scores.size()));
    std::memcpy(bytes.data(), &header, sizeof header);
    uint8_t* at = bytes.data() + sizeof header;
    std::memcpy(at, input.proof_samples.data(), 2 * input.proof_samples.size());
    at += 2 * input.proof_samples.size();
    std::memcpy(at, result.scores.data(), 2 * result.scores.size());
    return bytes;
}

Bytes signed_part(const std::vector<Bytes>& sections) {
    Bytes bytes(sizeof(BundleHeader) + sections.size() * sizeof(SectionEntry));
    for (size_t i = 0; i < sections.size(); ++i) {
        bytes.resize((bytes.size() + kSectionAlignment - 1) / kSectionAlignment *
                     kSectionAlignment);
        const SectionEntry entry{static_cast<uint32_t>(i + 1), static_cast<uint32_t>(bytes.size()),
                                 static_cast<uint32_t>(sections[i].size()), 0};
        std::memcpy(bytes.data() + sizeof(BundleHeader) + i * sizeof entry, &entry, sizeof entry);
        bytes.insert(bytes.end(), sections[i].begin(), sections[i].end());
    }
    const BundleHeader header{kBundleMagic,
                              kBundleFormatVersion,
                              kBundleSections,
                              static_cast<uint32_t>(bytes.size()),
                              Bundle::signature_bytes,
                              {}};
    std::memcpy(bytes.data(), &header, sizeof header);
    return bytes;
}

Bundle parsed(const project::Project& project, const Bytes& bytes) {
    Bundle bundle;
    if (const Status status = bundle.parse_unsigned(bytes); status != Status::ok) {
        refuse(project,
               std::string("the bundle would be refused by a device: ") + to_string(status));
    }
    return bundle;
}

void check_budget(const project::Project& project, const BundleMeta& meta) {
    const auto check = [&](const char* key, uint32_t needed, std::optional<uint32_t> allowed) {
        if (!allowed.has_value() || needed <= *allowed) return;
        refuse(project, std::string("budget.") + key + ": " + std::to_string(needed) +
                            " bytes are needed, " + std::to_string(*allowed) +
                            " allowed; raise it or make the model smaller");
    };
    check("ram_bytes", meta.ram_bytes, project.budget.ram_bytes);
    check("flash_bytes", meta.flash_bytes, project.budget.flash_bytes);
}

// What the device's own pipeline makes of the proof's samples.
ProofResult run_proof(const project::Project& project, const Bundle& bundle,
                      std::span<const int16_t> samples) {
    std::vector<int8_t> ram(Pipeline::ram_bytes(bundle));
    Pipeline pipeline;
    if (const Status status = pipeline.start_for_proof(bundle, ram); status != Status::ok) {
        refuse(project, std::string("the pipeline does not start: ") + to_string(status));
    }
    ProofResult result;
    pipeline.feed(samples, [&](const Decision&) {
        result.scores.push_back(pipeline.last_score());
        result.tensors_crc = pipeline.tensors_crc(result.tensors_crc);
    });
    if (result.scores.empty()) {
        refuse(project, "the proof's " + std::to_string(samples.size()) +
                            " samples lead to no inference; give a longer recording");
    }
    return result;
}

}  // namespace

std::vector<uint8_t> write_bundle(const BundleInput& input, const std::string& signing_key_pem) {
    const project::Project& project = input.project;
    Bytes program_bytes(input.program.begin(), input.program.end());
    Program program;
    if (const Status status = program.load(program_bytes); status != Status::ok) {
        refuse(project, std::string("the compiled model is not valid: ") + to_string(status));
    }
    if ((input.proof_learn_frames != 0) != (project.running_normal_frames != 0)) {
        refuse(project,
               "proof_learn_frames and learn.running_normal_frames must both be zero or "
               "both not");
    }
    if (input.proof_samples.empty()) refuse(project, "the proof has no samples; give a recording");
    BundleMeta meta = meta_section(input);
    std::vector<Bytes> sections = {
        bytes_of(meta), feature_section(project), program_bytes,
        bytes_of(decision_section(project, program)),
        proof_section(input, ProofResult{.scores = {0}, .tensors_crc = 0})};

    // Once without the expectation, to run the pipeline and to learn what it costs; then the real
    // one.
    const Bytes draft = signed_part(sections);
    const Bundle draft_bundle = parsed(project, draft);
    const ProofResult result = run_proof(project, draft_bundle, input.proof_samples);
    sections.back() = proof_section(input, result);
    meta.ram_bytes = Pipeline::ram_bytes(draft_bundle);
    meta.flash_bytes =
        static_cast<uint32_t>(signed_part(sections).size() + Bundle::signature_bytes);
    check_budget(project, meta);
    sections.front() = bytes_of(meta);

    Bytes bundle = signed_part(sections);
    parsed(project, bundle);
    BundleVerifier verifier(public_key_of(signing_key_pem));
    const SignatureVerifier callbacks = verifier.callbacks();
    std::array<uint8_t, kSha256Bytes> digest{};
    if (callbacks.sha256(callbacks.context, bundle, digest) != Status::ok) {
        throw std::runtime_error("signing: SHA-256 failed");
    }
    const auto signature = sign_es256(sig_structure(digest), signing_key_pem);
    bundle.insert(bundle.end(), kCoseSign1Prefix.begin(), kCoseSign1Prefix.end());
    bundle.insert(bundle.end(), signature.begin(), signature.end());
    return bundle;
}

}  // namespace ganglion::compile
