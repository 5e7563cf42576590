#include "device/pipeline/pipeline.hpp"

#include <algorithm>

#include "device/core/crc32.hpp"
#include "device/features/scale_feature.hpp"

namespace ganglion {

namespace {

constexpr uint32_t kAlignment = 16;
constexpr uint32_t kLargestArena = 1U << 28U;
constexpr uint32_t kLargestWindow = 1U << 20U;

uint32_t aligned(uint32_t bytes) {
    return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

// Where everything lies in the RAM that the caller gives.
struct Layout {
    uint32_t arena;  // the program's arena and, at another time, the features' scratch
    uint32_t state;
    uint32_t window;
    uint32_t raw_frame;
    uint32_t learned;

    uint32_t total() const { return arena + state + window + raw_frame + learned; }
};

Layout layout_of(const FeatureSection& section, const Program& program, bool learns) {
    const bool mel = section.kind() == FeatureKind::log_mel;
    const uint32_t scratch =
        mel ? LogMel::scratch_bytes(section) : SpectrumBands::scratch_bytes(section);
    const uint32_t values = section.frame_values();
    Layout layout{};
    layout.arena = aligned(std::max(program.arena_bytes(), scratch));
    layout.state =
        aligned(mel ? LogMel::state_bytes(section) : SpectrumBands::state_bytes(section));
    layout.window = aligned(values * section.header.frames);
    layout.raw_frame = mel ? 0 : aligned(values * uint32_t{sizeof(int16_t)});
    layout.learned = learns ? aligned(RunningNormal::state_bytes(values)) : 0;
    return layout;
}

// Model and features must fit each other: push() relies on it.
Status check_model(const Program& program, const FeatureSection& section,
                   const DecisionParameters& decision) {
    if (program.arena_bytes() > kLargestArena) return Status::too_large;
    // The arena is scratch between inferences here (features use it), and scores are int8's.
    if (program.state_bytes() != 0) return Status::unsupported;
    if (program.input_count() != 1 || program.output_count() != 1) return Status::unsupported;
    if (program.input().type != ElementType::int8 || program.output().type != ElementType::int8)
        return Status::unsupported;
    const uint32_t window = section.frame_values() * section.header.frames;
    if (window > kLargestWindow) return Status::too_large;
    if (program.input().bytes != window) return Status::bad_shape;
    if (decision.kind == static_cast<uint32_t>(DecisionKind::reconstruction_error)) {
        if (program.output().bytes != window) return Status::bad_shape;
    } else if (decision.label >= program.output().bytes) {
        return Status::bad_shape;
    }
    return Status::ok;
}

uint32_t continue_crc(std::span<const int8_t> values, uint32_t crc) {
    return crc32({reinterpret_cast<const uint8_t*>(values.data()), values.size()}, crc);
}

}  // namespace

uint32_t Pipeline::ram_bytes(const Bundle& bundle) {
    Program program;
    if (program.load(bundle.program()) != Status::ok) return 0;
    if (check_model(program, bundle.features(), bundle.decision()) != Status::ok) return 0;
    const bool learns = bundle.features().header.learn_frames != 0;
    return layout_of(bundle.features(), program, learns).total();
}

Status Pipeline::start(const Bundle& bundle, std::span<int8_t> ram) {
    return start_with(bundle, ram, bundle.features().header.learn_frames);
}

Status Pipeline::start_for_proof(const Bundle& bundle, std::span<int8_t> ram) {
    return start_with(bundle, ram, bundle.proof().header.learn_frames);
}

Status Pipeline::start_with(const Bundle& bundle, std::span<int8_t> ram, uint32_t learn_frames) {
    *this = Pipeline();
    Program program;
    if (Status status = program.load(bundle.program()); status != Status::ok) return status;
    const FeatureSection& section = bundle.features();
    Status status = check_model(program, section, bundle.decision());
    if (status != Status::ok) return status;
    const bool learns = learn_frames != 0;
    const Layout layout = layout_of(section, program, learns);
    if (ram.size() < layout.total()) return Status::too_large;
    if (reinterpret_cast<uintptr_t>(ram.data()) % kAlignment != 0) return Status::bad_value;
    std::fill_n(ram.begin(), layout.total(), int8_t{0});

    size_t used = 0;
    const auto take = [&](uint32_t bytes) {
        const std::span<int8_t> part = ram.subspan(used, bytes);
        used += bytes;
        return part;
    };
    arena_ = take(layout.arena);
    const std::span<int8_t> state = take(layout.state);
    window_ = take(layout.window);
    const std::span<int8_t> raw = take(layout.raw_frame);
    const std::span<int8_t> learned = take(layout.learned);

    program_ = program;
    section_ = section;
    parameters_ = bundle.decision();
    frame_values_ = section.frame_values();
    window_ = window_.first(size_t{frame_values_} * section.header.frames);
    const std::span<uint8_t> state_bytes{reinterpret_cast<uint8_t*>(state.data()), state.size()};
    if (section.kind() == FeatureKind::log_mel) {
        log_mel_.start(section, state_bytes);
    } else {
        raw_frame_ = {reinterpret_cast<int16_t*>(raw.data()), frame_values_};
        spectrum_bands_.start(section, state_bytes);
    }
    learns_ = learns;
    if (learns) {
        auto* features = reinterpret_cast<RunningNormal::Feature*>(learned.data());
        normal_.start({features, frame_values_}, learn_frames);
    }
    decider_.start(parameters_, section.header.rate_hz);
    frames_until_inference_ = section.header.frames;
    started_ = true;
    return Status::ok;
}

bool Pipeline::push(std::span<const int16_t> samples, Decision& out) {
    bool decided = false;
    if (!started_) return decided;
    const std::span<uint8_t> scratch{reinterpret_cast<uint8_t*>(arena_.data()), arena_.size()};
    const bool mel = section_.kind() == FeatureKind::log_mel;
    while (!samples.empty()) {
        bool ready = false;
        int8_t* frame = window_.data() + size_t{next_frame_} * frame_values_;
        const size_t taken = mel ? log_mel_.push(samples, scratch, frame, ready)
                                 : spectrum_bands_.push(samples, scratch, raw_frame_.data(), ready);
        samples = samples.subspan(taken);
        values_ += taken;
        if (!ready || !take_frame()) continue;
        const Decision decision = infer();
        if (!decided || !out.fired) out = decision;
        decided = true;
    }
    return decided;
}

// The frame is in place (log_mel) or still raw (spectrum_bands). True when the model is to run.
bool Pipeline::take_frame() {
    ++frames_;
    if (section_.kind() == FeatureKind::spectrum_bands) {
        if (learning()) {
            normal_.learn(raw_frame_.data());
            return false;
        }
        int8_t* frame = window_.data() + size_t{next_frame_} * frame_values_;
        if (learns_) {
            normal_.standardise(raw_frame_.data(), frame);
        } else {
            for (uint32_t i = 0; i < frame_values_; ++i) {
                frame[i] = scale_feature(section_.header, raw_frame_[i]);
            }
        }
    }
    next_frame_ = next_frame_ + 1 == section_.header.frames ? 0 : next_frame_ + 1;
    if (--frames_until_inference_ != 0) return false;
    frames_until_inference_ = section_.header.stride;
    return true;
}

Decision Pipeline::infer() {
    int8_t* input = arena_.data() + program_.input().offset;
    const std::span<const int8_t> older = input_older();
    const std::span<const int8_t> newer = input_newer();
    input = std::copy(older.begin(), older.end(), input);
    std::copy(newer.begin(), newer.end(), input);
    program_.run(arena_);
    ++inferences_;
    const bool reconstruction =
        parameters_.kind == static_cast<uint32_t>(DecisionKind::reconstruction_error);
    last_score_ = reconstruction ? reconstruction_score(parameters_, older, newer, output())
                                 : class_score(parameters_, output()[parameters_.label]);
    return decider_.decide(samples() - 1, last_score_);
}

// The next frame to be overwritten is the oldest.
std::span<const int8_t> Pipeline::input_older() const {
    return window_.subspan(size_t{next_frame_} * frame_values_);
}

std::span<const int8_t> Pipeline::input_newer() const {
    return window_.first(size_t{next_frame_} * frame_values_);
}

std::span<const int8_t> Pipeline::output() const {
    return arena_.subspan(program_.output().offset, program_.output().bytes);
}

uint32_t Pipeline::tensors_crc(uint32_t crc) const {
    crc = continue_crc(input_older(), crc);
    crc = continue_crc(input_newer(), crc);
    return continue_crc(output(), crc);
}

Status Pipeline::prove(const Bundle& bundle, std::span<int8_t> ram) {
    const Proof& proof = bundle.proof();
    Status status = start_for_proof(bundle, ram);
    if (status != Status::ok) return status;
    bool equal = true;
    size_t next = 0;
    uint32_t crc = 0;
    feed(proof.samples, [&](const Decision&) {
        equal = equal && next < proof.scores.size() && proof.scores[next] == last_score();
        ++next;
        crc = tensors_crc(crc);
    });
    equal = equal && next == proof.scores.size() && crc == proof.header.tensors_crc;
    status = start(bundle, ram);
    if (status != Status::ok) return status;
    return equal ? Status::ok : Status::proof_failed;
}

}  // namespace ganglion
