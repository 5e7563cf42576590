#include "device/pipeline/pipeline.hpp"

#include <algorithm>

#include "device/core/crc32.hpp"
#include "device/features/scale_feature.hpp"
#include "device/pipeline/pipeline_layout.hpp"

namespace ganglion {

namespace {

uint32_t continue_crc(std::span<const int8_t> values, uint32_t crc) {
    return crc32({reinterpret_cast<const uint8_t*>(values.data()), values.size()}, crc);
}

std::span<uint8_t> bytes_of(std::span<int8_t> memory) {
    return {reinterpret_cast<uint8_t*>(memory.data()), memory.size()};
}

}  // namespace

uint32_t Pipeline::ram_bytes(const Bundle& bundle) {
    PipelineLayout layout;
    return lay_out(bundle, layout) == Status::ok ? layout.total() : 0;
}

Status Pipeline::start(const Bundle& bundle, std::span<int8_t> ram) {
    return start_with(bundle, ram, false);
}

Status Pipeline::start_for_proof(const Bundle& bundle, std::span<int8_t> ram) {
    return start_with(bundle, ram, true);
}

Status Pipeline::start_with(const Bundle& bundle, std::span<int8_t> ram, bool proof) {
    *this = Pipeline();
    const FeatureSection& section = bundle.features();
    PipelineLayout layout;
    if (Status status = lay_out(bundle, layout); status != Status::ok) return status;
    if (ram.size() < layout.total()) return Status::too_large;
    if (reinterpret_cast<uintptr_t>(ram.data()) % kPipelineAlignment != 0) return Status::bad_value;
    std::fill_n(ram.begin(), layout.total(), int8_t{0});

    size_t used = 0;
    const auto take = [&](uint32_t bytes) {
        const std::span<int8_t> part = ram.subspan(used, bytes);
        used += bytes;
        return part;
    };
    section_ = section;
    const uint32_t values = section.frame_values();
    arena_ = take(layout.arena);
    block_.start(section, bytes_of(take(layout.state)));
    window_ = take(layout.window);
    if (layout.window != 0) window_ = window_.first(size_t{values} * section.header.frames);
    raw_frame_ = {reinterpret_cast<int16_t*>(take(layout.raw_frame).data()), values};
    const std::span<int8_t> sound = take(layout.sound);
    sleeps_ = section.has_sound_gate && !proof;
    if (sleeps_) {
        sound_.start(section.sound_gate,
                     {reinterpret_cast<int16_t*>(sound.data()), sound.size() / sizeof(int16_t)});
    }
    const std::span<int8_t> normal = take(layout.normal);
    learns_ = section.header.learn_frames != 0;
    if (learns_) {
        auto* features = reinterpret_cast<RunningNormal::Feature*>(normal.data());
        normal_.start({features, values},
                      proof ? bundle.proof().header.learn_frames : section.header.learn_frames);
    }
    stage_count_ = static_cast<uint32_t>(bundle.stages().size());
    for (uint32_t i = 0; i < stage_count_; ++i) {
        Stage& stage = stages_[i];
        const std::span<uint8_t> learner = bytes_of(take(layout.learner[i]));
        stage.arena = layout.streaming[i] != 0 ? take(layout.streaming[i]) : arena_;
        start_stage(stage, bundle.stages()[i], learner, bytes_of(take(layout.decider[i])), proof);
        stage.outputs = {reinterpret_cast<int16_t*>(take(layout.outputs[i]).data()),
                         layout.outputs[i] == 0 ? 0 : stage.program.output().bytes};
    }
    all_open_ = proof;
    started_ = true;
    return Status::ok;
}

void Pipeline::start_stage(Stage& stage, const BundleStage& from, std::span<uint8_t> learner,
                           std::span<uint8_t> decider, bool proof) {
    stage.parameters = from.decision;
    stage.has_program = !from.program.empty();
    if (stage.has_program) (void)stage.program.load(from.program);  // loaded once before
    stage.has_learner = from.has_learner;
    stage.learner_section = from.learner;
    if (from.has_learner) stage.learner.start(from.learner, learner, proof);
    stage.decider.start(from.decision, samples_in(section_.header, from.decision.minimum_gap_ms),
                        decider);
    stage.hold_samples = samples_in(section_.header, from.decision.hold_ms);
    if (from.decision.hold_ms == kAlwaysOpen) stage.open_until = UINT64_MAX;
    stage.until = from.decision.frames;
    if (!stage.has_program) return;
    stage.streams = stage.program.state_bytes() != 0;
    if (!stage.streams) return;
    // Runs from the start, so that the last of its first frames completes the first window.
    stage.program.reset(stage.arena);
    stage.until = (from.decision.frames - 1U) % from.decision.stride + 1U;
}

bool Pipeline::resume_learned(uint32_t stage, std::span<const uint8_t> bytes) {
    Stage& kept = stages_[stage];
    const std::span<uint8_t> learned = kept.learner.learned();
    if (!kept.has_learner || bytes.size() != learned.size()) return false;
    std::copy(bytes.begin(), bytes.end(), learned.begin());
    return kept.learner.resume(kept.learner_section);
}

bool Pipeline::push(std::span<const int16_t> samples, Decision& out) {
    bool decided = false;
    feed(samples, [&](const Decision& decision) {
        if (!decided || !out.fired) out = decision;
        decided = true;
    });
    return decided;
}

bool Pipeline::next(std::span<const int16_t>& samples, Decision& out) {
    if (!started_) return false;
    while (true) {
        while (pending_ < stage_count_) {
            const uint32_t index = pending_++;
            if (is_due(index) && infer(index, out)) return true;
        }
        if (!take_samples(samples)) return false;
    }
}

// Gives the features what is there to hear, until a frame is complete or a part is taken. False:
// nothing is left.
bool Pipeline::take_samples(std::span<const int16_t>& samples) {
    const std::span<const int16_t> due = sleeps_ ? sound_.due() : std::span<const int16_t>();
    if (due.empty() && samples.empty()) return false;
    std::span<const int16_t> part = due.empty() ? samples : due;
    if (sleeps_ && due.empty()) part = part.first(std::min(part.size(), sound_.left()));
    bool ready = false;
    size_t taken = part.size();
    const bool heard = !sleeps_ || sound_.is_open();
    if (heard) {
        taken = block_.push(part, bytes_of(arena_), raw_frame_.data(), ready);
        values_ += taken;
    }
    if (!due.empty()) {
        sound_.take(taken);
    } else {
        if (sleeps_) sound_.push(part.first(taken));
        samples = samples.subspan(taken);
    }
    if (ready) take_frame();
    if (sleeps_ && sound_.left() == 0 && sound_.end_block(needs_frames())) sleep_frame();
    return true;
}

// Whether a later stage is open: it sees all frames.
bool Pipeline::needs_frames() const {
    for (uint32_t i = 0; i + 1 < stage_count_; ++i)
        if (stages_[i].open_until > samples()) return true;
    return false;
}

// A frame's samples were given up: the one before stands for it, and no stage runs.
void Pipeline::sleep_frame() {
    values_ += sound_.block();
    ++frames_;
    ++slept_frames_;
    ++kept_;
    asleep_ = true;
    for (uint32_t i = 0; i < stage_count_; ++i) (void)is_due(i);
    asleep_ = false;
    if (window_.empty()) return;
    const size_t values = raw_frame_.size();
    const uint32_t last = next_frame_ == 0 ? section_.header.frames - 1U : next_frame_ - 1U;
    std::copy_n(window_.data() + last * values, values, window_.data() + next_frame_ * values);
    next_frame_ = next_frame_ + 1 == section_.header.frames ? 0 : next_frame_ + 1;
}

// The raw frame is there: scales it into the ring, and lets the stages look at it.
void Pipeline::take_frame() {
    ++frames_;
    if (learns_ && !normal_.ready()) {
        normal_.learn(raw_frame_.data());
        return;
    }
    ++kept_;
    pending_ = 0;
    if (window_.empty()) return;
    int8_t* frame = window_.data() + size_t{next_frame_} * raw_frame_.size();
    if (learns_) {
        normal_.standardise(raw_frame_.data(), frame);
    } else {
        scale_frame(section_.scales, raw_frame_, frame);
    }
    next_frame_ = next_frame_ + 1 == section_.header.frames ? 0 : next_frame_ + 1;
}

// Whether stage `index` infers on the last frame: its stride has come, and the gate before it is
// open, the sound gate too. It infers on the same frames as if the gate were always open.
bool Pipeline::is_due(uint32_t index) {
    Stage& stage = stages_[index];
    if (--stage.until != 0) return false;
    stage.until = stage.parameters.stride;
    if (!asleep_ && (index == 0 || all_open_ || stages_[index - 1].open_until > samples())) {
        return true;
    }
    // A streaming program could be given what it missed as long as the frames are kept.
    stage.missed = std::min(stage.missed + 1, earlier_runs(stage) + 1);
    return false;
}

// What the stage's learner judges: the raw frame, or what the program has just made.
std::span<const int16_t> Pipeline::judged_values(Stage& stage) {
    if (!stage.has_program) return raw_frame_;
    const std::span<const int8_t> output = this->output();
    const int32_t zero = stage.program.output().zero_point;
    std::transform(output.begin(), output.end(), stage.outputs.begin(),
                   [zero](int8_t value) { return static_cast<int16_t>(value - zero); });
    return stage.outputs;
}

// Runs of a streaming program before the one that completes a window.
uint32_t Pipeline::earlier_runs(const Stage& stage) const {
    return stage.streams ? (stage.parameters.frames - 1U) / stage.parameters.stride : 0;
}

// The gate was closed for some inferences: the frames were kept, so that the stage sees what led to
// the opening at once, and a streaming program knows what it would know had it always run.
void Pipeline::catch_up(Stage& stage) {
    stage.decider.resume();
    const uint32_t earlier = earlier_runs(stage);
    if (stage.streams && stage.missed > earlier) stage.program.reset(stage.arena);
    for (uint32_t run = std::min(stage.missed, earlier); run > 0; --run)
        run_stream(stage, run * stage.parameters.stride);
    stage.missed = 0;
}

// Over the stage's window.
void Pipeline::run_window(Stage& stage) {
    int8_t* input = stage.arena.data() + stage.program.input().offset;
    const std::span<const int8_t> older = input_older();
    const std::span<const int8_t> newer = input_newer();
    input = std::copy(older.begin(), older.end(), input);
    std::copy(newer.begin(), newer.end(), input);
    stage.program.run(stage.arena);
}

// Over the `stride` frames of which the newest came `age` frames ago. No output depends on those
// before the window, which the ring may have lost: the oldest stands for them.
void Pipeline::run_stream(Stage& stage, uint32_t age) {
    int8_t* input = stage.arena.data() + stage.program.input().offset;
    const uint32_t kept = section_.header.frames;
    const size_t values = raw_frame_.size();
    for (uint32_t i = stage.parameters.stride; i > 0; --i) {
        const uint32_t back = std::min(age + i, kept);
        const uint32_t at = next_frame_ >= back ? next_frame_ - back : next_frame_ + kept - back;
        input = std::copy_n(window_.begin() + static_cast<ptrdiff_t>(at * values), values, input);
    }
    stage.program.run(stage.arena);
}

// False where there is no whole window yet, or a learner has not learned enough to judge.
bool Pipeline::infer(uint32_t index, Decision& out) {
    Stage& stage = stages_[index];
    last_stage_ = index;
    const DecisionParameters& parameters = stage.parameters;
    const auto kind = static_cast<DecisionKind>(parameters.kind);
    if (stage.missed != 0) catch_up(stage);
    if (stage.streams) {
        run_stream(stage, 0);
    } else if (stage.has_program) {
        run_window(stage);
    }
    if (stage.streams && kept_ < parameters.frames) return false;
    score_count_ = 1;
    if (stage.has_learner) {
        score_count_ = parameters.outputs;
        const auto values = judged_values(stage);
        if (!stage.learner.push(values, bytes_of(arena_), std::span(scores_).first(score_count_))) {
            return false;
        }
    } else if (kind == DecisionKind::classes) {
        score_count_ = parameters.outputs;
        for (uint32_t i = 0; i < score_count_; ++i) {
            scores_[i] = class_score(parameters, output()[i]);
        }
    } else if (kind == DecisionKind::reconstruction_error) {
        scores_[0] = reconstruction_score(parameters, input_older(), input_newer(), output());
    } else {
        scores_[0] = class_score(parameters, output()[parameters.label]);
    }
    ++stage.inferences;
    const uint32_t scored = kind == DecisionKind::learner ? parameters.label : 0;
    out = stage.decider.decide(samples() - 1,
                               std::span(scores_).subspan(scored, score_count_ - scored));
    out.stage = static_cast<uint8_t>(index);
    if (parameters.silent != 0) out.fired = false;
    if (out.fired && index > 0 && stages_[index - 1].parameters.once != 0)
        stages_[index - 1].open_until = 0;
    if (out.above)
        stage.open_until = std::max(stage.open_until, samples() + stage.hold_samples + 1);
    return true;
}

bool Pipeline::learning() const {
    return learns_ && !normal_.ready();
}

uint64_t Pipeline::inferences() const {
    uint64_t sum = 0;
    for (const Stage& stage : stages_) sum += stage.inferences;
    return sum;
}

uint16_t Pipeline::last_score() const {
    const auto scores = last_scores();
    return scores.empty() ? 0 : *std::max_element(scores.begin(), scores.end());
}

// Where a stage's window begins in the ring: as many frames as it sees before the next one.
uint32_t Pipeline::first_frame(const Stage& stage) const {
    const uint32_t seen = stage.parameters.frames;
    return next_frame_ >= seen ? next_frame_ - seen : next_frame_ + section_.header.frames - seen;
}

std::span<const int8_t> Pipeline::input_older() const {
    const Stage& stage = stages_[last_stage_];
    if (!stage.has_program) return {};
    const uint32_t first = first_frame(stage);
    const uint32_t end = next_frame_ > first ? next_frame_ : section_.header.frames;
    const size_t values = raw_frame_.size();
    return window_.subspan(first * values, (end - first) * values);
}

std::span<const int8_t> Pipeline::input_newer() const {
    const Stage& stage = stages_[last_stage_];
    if (!stage.has_program || next_frame_ > first_frame(stage)) return {};
    return window_.first(size_t{next_frame_} * raw_frame_.size());
}

std::span<const int8_t> Pipeline::output() const {
    const Stage& stage = stages_[last_stage_];
    if (!stage.has_program) return {};
    return stage.arena.subspan(stage.program.output().offset, stage.program.output().bytes);
}

uint32_t Pipeline::tensors_crc(uint32_t crc) const {
    const Stage& stage = stages_[last_stage_];
    if (stage.has_program) {
        crc = continue_crc(input_older(), crc);
        crc = continue_crc(input_newer(), crc);
        // A learner's scratch lies over the output: what it read stands for it.
        if (!stage.has_learner) return continue_crc(output(), crc);
    }
    const std::span<const int16_t> judged =
        stage.has_program ? std::span<const int16_t>(stage.outputs) : raw_frame_;
    crc = crc32({reinterpret_cast<const uint8_t*>(judged.data()), judged.size_bytes()}, crc);
    const auto scores = last_scores();
    return crc32({reinterpret_cast<const uint8_t*>(scores.data()), scores.size_bytes()}, crc);
}

bool Pipeline::teach(uint32_t stage, uint32_t label) {
    if (stage >= stage_count_ || !stages_[stage].has_learner) return false;
    if (stages_[stage].inferences == 0) return false;
    const std::span<const int16_t> judged =
        stages_[stage].has_program ? std::span<const int16_t>(stages_[stage].outputs) : raw_frame_;
    return stages_[stage].learner.teach(label, judged, bytes_of(arena_));
}

Status Pipeline::prove(const Bundle& bundle, std::span<int8_t> ram, ProofCost* cost) {
    const Proof& proof = bundle.proof();
    Status status = start_for_proof(bundle, ram);
    if (status != Status::ok) return status;
    bool equal = true;
    size_t next = 0;
    uint32_t crc = 0;
    uint64_t before = cost != nullptr ? cost->ticks() : 0;
    for (uint32_t turn = 0; turn < proof.header.turns; ++turn) {
        feed(proof.samples, [&](const Decision&) {
            if (cost != nullptr && next != 0)
                cost->most = std::max(cost->most, cost->ticks() - before);
            equal = equal && next < proof.scores.size() && proof.scores[next] == last_score();
            ++next;
            crc = tensors_crc(crc);
            if (cost != nullptr) before = cost->ticks();
        });
    }
    equal = equal && next == proof.scores.size() && crc == proof.header.tensors_crc;
    status = start(bundle, ram);
    if (status != Status::ok) return status;
    return equal ? Status::ok : Status::proof_failed;
}

}  // namespace ganglion
