#include "compile/bundle_writer.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "compile/bundle_decision.hpp"
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

uint32_t bits_of(const std::vector<std::string>& all, const std::vector<std::string>& chosen) {
    uint32_t bits = 0;
    for (size_t i = 0; i < all.size(); ++i) {
        if (std::ranges::find(chosen, all[i]) != chosen.end()) bits |= 1U << i;
    }
    return bits;
}

BundleMeta meta_section(const BundleInput& input) {
    const project::Project& project = input.project;
    const std::vector<std::string> labels = project.all_labels();
    if (labels.size() > BundleMeta::maximum_labels) {
        refuse(project, "decision and gates have " + std::to_string(labels.size()) +
                            " labels together; a bundle holds 16");
    }
    BundleMeta meta{};
    put_text(meta.name, project.application.name);
    put_text(meta.version, project.application.version);
    put_text(meta.title, project.application.title);
    put_text(meta.unit, project.sensor.unit);
    for (size_t i = 0; i < labels.size(); ++i) put_text(meta.labels[i], labels[i]);
    meta.label_count = static_cast<uint32_t>(labels.size());
    meta.numeric_contract = kNumericContractVersion;
    // Both enums name the sensors in one order.
    static_assert(static_cast<uint32_t>(project::Sensor::ride) + 1 ==
                  static_cast<uint32_t>(SensorKind::ride));
    meta.sensor = static_cast<uint32_t>(project.sensor.kind) + 1;
    meta.rate_hz = project.sensor.rate_hz;
    meta.period_s = project.sensor.period_s;
    meta.channels = project.sensor.channels;
    meta.gate_ms = project.action.gate_ms;
    if (meta.gate_ms != 0) {
        meta.gate_labels = bits_of(
            labels, project.action.gate_labels.empty() ? labels : project.action.gate_labels);
    }
    if (project.action.stop_line) {
        meta.stop_labels = bits_of(
            labels, project.action.stop_labels.empty() ? labels : project.action.stop_labels);
    }
    meta.relay_labels = bits_of(labels, project.action.relay_labels);
    meta.light_labels = bits_of(labels, project.action.light_labels);
    meta.instructions = project.budget.instructions.value_or(0);
    meta.unit_per_lsb = static_cast<float>(project.sensor.unit_per_lsb);
    return meta;
}

struct ProofResult {
    std::vector<uint16_t> scores;
    uint32_t tensors_crc = 0;
};

// What is stored of the proof's samples. Flash is dear; half a second of sound, again and again,
// proves as much as several seconds.
constexpr size_t kStoredProofValues = 4096;

uint32_t proof_turns(const BundleInput& input) {
    // Blocks with a clock or a learner of their own see something else when time begins anew.
    if (!input.project.features.parameters.empty()) return 1;
    return static_cast<uint32_t>((input.proof_samples.size() + kStoredProofValues - 1) /
                                 kStoredProofValues);
}

// The beginning that gives at least all when it is repeated so often.
std::span<const int16_t> stored_samples(const BundleInput& input) {
    const size_t channels = input.project.sensor.channels;
    const size_t part = proof_turns(input) * channels;
    const size_t each = (input.proof_samples.size() + part - 1) / part * channels;
    return input.proof_samples.first(std::min(each, input.proof_samples.size()));
}

Bytes proof_section(const BundleInput& input, const ProofResult& result) {
    const std::span<const int16_t> samples = stored_samples(input);
    ProofHeader header{};
    header.sample_values = static_cast<uint32_t>(samples.size());
    header.turns = proof_turns(input);
    header.inferences = static_cast<uint32_t>(result.scores.size());
    header.learn_frames = input.proof_learn_frames;
    header.tensors_crc = result.tensors_crc;
    Bytes bytes(sizeof header + 2 * (samples.size() + result.scores.size()));
    std::memcpy(bytes.data(), &header, sizeof header);
    uint8_t* at = bytes.data() + sizeof header;
    std::memcpy(at, samples.data(), 2 * samples.size());
    at += 2 * samples.size();
    std::memcpy(at, result.scores.data(), 2 * result.scores.size());
    return bytes;
}

// META, FEATURES, then three sections a stage, PROOF.
SectionType type_of(size_t index, size_t count) {
    if (index < 2) return index == 0 ? SectionType::meta : SectionType::features;
    if (index + 1 == count) return SectionType::proof;
    return std::array{SectionType::program, SectionType::learner,
                      SectionType::decision}[(index - 2) % kStageSections];
}

Bytes signed_part(const std::vector<Bytes>& sections) {
    Bytes bytes(sizeof(BundleHeader) + sections.size() * sizeof(SectionEntry));
    for (size_t i = 0; i < sections.size(); ++i) {
        bytes.resize((bytes.size() + kSectionAlignment - 1) / kSectionAlignment *
                     kSectionAlignment);
        const SectionEntry entry{static_cast<uint32_t>(type_of(i, sections.size())),
                                 static_cast<uint32_t>(bytes.size()),
                                 static_cast<uint32_t>(sections[i].size()), 0};
        std::memcpy(bytes.data() + sizeof(BundleHeader) + i * sizeof entry, &entry, sizeof entry);
        bytes.insert(bytes.end(), sections[i].begin(), sections[i].end());
    }
    const BundleHeader header{kBundleMagic,
                              kBundleFormatVersion,
                              static_cast<uint16_t>(sections.size()),
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
                      std::span<const int16_t> samples, uint32_t turns) {
    std::vector<int8_t> ram(Pipeline::ram_bytes(bundle));
    Pipeline pipeline;
    if (const Status status = pipeline.start_for_proof(bundle, ram); status != Status::ok) {
        refuse(project, std::string("the pipeline does not start: ") + to_string(status));
    }
    ProofResult result;
    for (uint32_t turn = 0; turn < turns; ++turn) {
        pipeline.feed(samples, [&](const Decision&) {
            result.scores.push_back(pipeline.last_score());
            result.tensors_crc = pipeline.tensors_crc(result.tensors_crc);
        });
    }
    if (result.scores.empty()) {
        refuse(project, "the proof's " + std::to_string(samples.size()) +
                            " samples lead to no inference; give a longer recording");
    }
    return result;
}

void add_stages(const BundleInput& input, std::vector<Bytes>& sections) {
    const project::Project& project = input.project;
    std::vector<std::span<const uint8_t>> programs = input.gate_programs;
    programs.push_back(input.program);
    const std::vector<StagePlan> plans = stage_plans(project);
    if (programs.size() != plans.size()) refuse(project, "each gate needs its program, or none");
    for (size_t i = 0; i < plans.size(); ++i) {
        const Bytes bytes(programs[i].begin(), programs[i].end());
        Program program;
        if (plans[i].has_program) {
            if (const Status status = program.load(bytes); status != Status::ok) {
                refuse(project,
                       std::string("the compiled model is not valid: ") + to_string(status));
            }
        }
        const Program* judged = plans[i].has_program ? &program : nullptr;
        sections.push_back(bytes);
        sections.push_back(learner_section(project, plans[i]));
        sections.push_back(bytes_of(decision_section(project, plans[i], judged)));
    }
}

}  // namespace

std::vector<uint8_t> write_bundle(const BundleInput& input, const std::string& signing_key_pem) {
    const project::Project& project = input.project;
    if ((input.proof_learn_frames != 0) != (project.running_normal_frames != 0)) {
        refuse(project,
               "proof_learn_frames and learn.running_normal_frames must both be zero or "
               "both not");
    }
    if (input.proof_samples.empty()) refuse(project, "the proof has no samples; give a recording");
    BundleMeta meta = meta_section(input);
    std::vector<Bytes> sections = {bytes_of(meta), feature_section(project)};
    add_stages(input, sections);
    sections.push_back(proof_section(input, ProofResult{.scores = {0}, .tensors_crc = 0}));

    // Once without the expectation, to run the pipeline and to learn what it costs; then the real
    // one.
    const Bytes draft = signed_part(sections);
    const Bundle draft_bundle = parsed(project, draft);
    const ProofResult result =
        run_proof(project, draft_bundle, stored_samples(input), proof_turns(input));
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
