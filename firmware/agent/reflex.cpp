#include "firmware/agent/reflex.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "device/decide/score_drift.hpp"
#include "device/pipeline/pipeline.hpp"
#include "firmware/agent/gate.hpp"
#include "firmware/agent/sampler.hpp"
#include "firmware/boards/mps2_an386/board.hpp"
#include "firmware/layout.hpp"
#include "firmware/network/mqtt_session.hpp"
#include "firmware/network/network.hpp"

namespace ganglion::firmware::reflex {
namespace {

alignas(16) std::array<int8_t, kPipelineRamBytes> pipeline_ram;
std::span<int8_t> used_ram;  // of pipeline_ram, by the active bundle: its front or its end
/// One decides, the other may be proved meanwhile.
std::array<Pipeline, 2> pipelines;
Pipeline* deciding = &pipelines[0];
const Bundle* proved = nullptr;  // by the other one
const Bundle* active = nullptr;
Outbox* events = nullptr;
uint32_t boot_id = 0;
uint32_t sequence = 0;  // of the newest event
bool stopped = false;
update::ScoreCounts counts;
ScoreSketch unsent_scores;
ScoreDrift drift;

uint64_t inference_ticks = 0;  // spent since the last inference
uint64_t all_ticks = 0;        // spent on samples since the start
volatile uint32_t last_instructions = 0;
volatile uint16_t highest_score = 0;
bool fresh = true;               // the active bundle has not seen a sample yet
uint64_t first_sample = 0;       // that it has seen
uint64_t inferences_before = 0;  // of bundles that were active before in this boot

/// Moves a line and tells so on the serial line. Returns the instructions since `arrival`.
uint32_t move(Line line, bool level, uint64_t arrival, uint64_t sample) {
    board::set_line(line, level);
    const uint64_t tick = board::ticks();
    const auto instructions = static_cast<uint32_t>(instructions_in(tick - arrival));
    const LineEdgeRecord record{LineEdgeRecord::kMagic,
                                static_cast<uint16_t>(level ? 1 : 0),
                                static_cast<uint16_t>(line),
                                tick,
                                sample,
                                instructions,
                                mqtt::in_handshake() && network::busy() ? 1U : 0U};
    board::send_record({reinterpret_cast<const uint8_t*>(&record), sizeof record});
    return instructions;
}

/// Whether the decision's label is one of those that do something.
bool acts(uint32_t labels, const Decision& decision) {
    return (labels >> decision.label & 1U) != 0;
}

/// A relay or a light: on from the firing of one of its labels, off at the first decision of that
/// stage in which none of them is at its threshold any more.
struct Switch {
    Line line;
    bool on = false;
    uint8_t stage = 0;

    void follow(uint32_t labels, const Decision& decision, const sampler::Block& block) {
        const bool keeps = decision.above && acts(labels, decision);
        if (!on && decision.fired && acts(labels, decision)) {
            stage = decision.stage;
            set(true, decision, block);
        } else if (on && decision.stage == stage && !keeps) {
            set(false, decision, block);
        }
    }

  private:
    void set(bool level, const Decision& decision, const sampler::Block& block) {
        on = level;
        move(line, level, block.arrival, decision.sample);
    }
};
Switch relay{Line::relay};
Switch light{Line::light};

void act_on(const Decision& decision, const sampler::Block& block) {
    Event event;
    event.boot = boot_id;
    event.sequence = sequence + 1;
    event.label = EventLabel(active->label(decision.label));
    event.score_permille = decision.score_permille;
    event.sample = decision.sample;
    // The line stays pulled: a stopped machine starts again by a person's hand.
    if (acts(active->meta().stop_labels, decision) && !stopped) {
        event.kind = EventKind::action;
        event.stop_instructions = move(Line::stop, true, block.arrival, decision.sample);
        stopped = true;
        const uint64_t end = block.first_sample + block.values.size() / active->meta().channels;
        event.stop_samples = static_cast<uint32_t>(sampler::arrived() - end);
    }
    event.clock_ms = board::milliseconds();
    if (events->append(event) == Status::ok) ++sequence;
    if (acts(active->meta().gate_labels, decision)) gate::open_after(decision.sample);
}

/// Counts what has passed since `before`, which is now from here on.
void spend(uint64_t& before) {
    const uint64_t now = board::ticks();
    inference_ticks += now - before;
    all_ticks += now - before;
    before = now;
}

void work_off(const sampler::Block& block) {
    if (fresh) first_sample = block.first_sample;
    fresh = false;
    uint64_t before = board::ticks();
    Decision decision;
    std::span<const int16_t> rest = block.values;
    while (deciding->next(rest, decision)) {
        spend(before);
        last_instructions = static_cast<uint32_t>(instructions_in(inference_ticks));
        inference_ticks = 0;
        decision.sample += first_sample;
        if (decision.score_permille > highest_score) highest_score = decision.score_permille;
        counts.add(decision.score_permille, decision.fired);
        unsent_scores.add(decision.score_permille);
        drift.add(decision.score_permille);
        relay.follow(active->meta().relay_labels, decision, block);
        light.follow(active->meta().light_labels, decision, block);
        if (decision.fired) act_on(decision, block);
    }
    spend(before);
    gate::offer(block.first_sample, block.values);
}

Pipeline& idle_pipeline() {
    return pipelines[deciding == &pipelines[0] ? 1 : 0];
}

/// The end of the RAM that is free beside the active bundle's, or its front.
std::span<int8_t> place_for(uint32_t needed) {
    const std::span<int8_t> all(pipeline_ram);
    if (used_ram.empty() || used_ram.data() != all.data()) {
        const size_t room = used_ram.empty() ? all.size() : all.size() - used_ram.size();
        return all.first(std::min<size_t>(needed, room));
    }
    const size_t room = all.size() - used_ram.size();
    return all.last(std::min<size_t>(needed, room));
}

/// A clock of thread mode, which stands still while the deciding bundle works.
uint64_t own_ticks() {
    const board::ReflexLock lock;
    return board::ticks() - all_ticks;
}

void switch_to(const Bundle& bundle) {
    inferences_before += active == nullptr ? 0 : deciding->inferences();
    deciding = &idle_pipeline();
    used_ram = place_for((Pipeline::ram_bytes(bundle) + 15U) & ~15U);
    counts = {};
    drift = {};
    fresh = true;
    proved = nullptr;
}

}  // namespace

Status prepare(const Bundle& bundle) {
    used_ram = {};
    const Status status = prove_beside(bundle);
    if (status == Status::ok) switch_to(bundle);
    return status;
}

Status prove_beside(const Bundle& bundle) {
    proved = nullptr;
    const uint32_t needed = (Pipeline::ram_bytes(bundle) + 15U) & ~15U;
    const std::span<int8_t> place = place_for(needed);
    if (needed == 0 || place.size() < needed) return Status::too_large;
    Pipeline& other = idle_pipeline();
    if (const Status status = other.start(bundle, place); status != Status::ok) return status;
    Pipeline::ProofCost cost{own_ticks};
    if (const Status status = other.prove(bundle, place, &cost); status != Status::ok)
        return status;
    const uint32_t stated = bundle.meta().instructions;
    if (stated != 0 && instructions_in(cost.most) > stated) {
        board::print("agent: an inference takes ");
        board::print(instructions_in(cost.most));
        board::print(" instructions, its bundle states ");
        board::print(uint64_t{stated});
        board::print("\n");
        return Status::too_slow;
    }
    proved = &bundle;
    return Status::ok;
}

bool take_over(const Bundle& bundle) {
    if (proved != &bundle || active == nullptr || bundle.meta().rate_hz != active->meta().rate_hz ||
        bundle.meta().channels != active->meta().channels ||
        bundle.meta().period_s != active->meta().period_s ||
        bundle.meta().gate_ms != active->meta().gate_ms)
        return false;
    const board::ReflexLock lock;
    switch_to(bundle);
    active = &bundle;
    return true;
}

update::ScoreCounts scores() {
    const board::ReflexLock lock;
    return counts;
}

bool has_stopped() {
    return stopped;
}

void run(const Bundle& bundle, Outbox& outbox, uint32_t boot, uint32_t next_sequence) {
    active = &bundle;
    events = &outbox;
    boot_id = boot;
    sequence = next_sequence - 1;
    const BundleMeta& meta = bundle.meta();
    const uint64_t samples = static_cast<uint64_t>(meta.gate_ms) * meta.rate_hz / 1000;
    gate::start(boot, meta.channels, samples * meta.channels);
    sampler::start(meta.rate_hz, meta.period_s, meta.channels);
}

size_t copy_learned(std::span<uint8_t> into) {
    const board::ReflexLock lock;
    if (into.size() < sizeof drift) return 0;
    std::memcpy(into.data(), &drift, sizeof drift);
    size_t size = sizeof drift;
    for (uint32_t stage = 0; stage < kMaximumStages; ++stage) {
        const std::span<const uint8_t> learned = deciding->learned(stage);
        if (learned.size() > into.size() - size) return 0;
        std::copy(learned.begin(), learned.end(), into.begin() + static_cast<ptrdiff_t>(size));
        size += learned.size();
    }
    return size;
}

bool resume_learned(std::span<const uint8_t> bytes) {
    const board::ReflexLock lock;
    size_t all = sizeof drift;
    for (uint32_t stage = 0; stage < kMaximumStages; ++stage)
        all += deciding->learned(stage).size();
    if (bytes.size() != all) return false;
    std::memcpy(&drift, bytes.data(), sizeof drift);
    bytes = bytes.subspan(sizeof drift);
    bool good = true;
    for (uint32_t stage = 0; stage < kMaximumStages; ++stage) {
        const size_t size = deciding->learned(stage).size();
        if (size != 0) good &= deciding->resume_learned(stage, bytes.first(size));
        bytes = bytes.subspan(size);
    }
    return good;
}

void forget_learned() {
    const board::ReflexLock lock;
    drift = {};
    for (uint32_t stage = 0; stage < kMaximumStages; ++stage) deciding->forget(stage);
}

uint32_t share_learned(uint32_t stage, std::span<int16_t> shared) {
    const board::ReflexLock lock;
    return deciding->share(stage, shared);
}

bool prime_learner(uint32_t stage, std::span<const int16_t> prior) {
    const board::ReflexLock lock;
    return deciding->prime(stage, prior);
}

uint64_t inferences() {
    const board::ReflexLock lock;
    return inferences_before + deciding->inferences();
}

uint32_t instructions() {
    return last_instructions;
}

uint64_t work_instructions() {
    const board::ReflexLock lock;
    return instructions_in(all_ticks);
}

uint16_t take_highest_score() {
    const board::ReflexLock lock;
    const uint16_t highest = highest_score;
    highest_score = 0;
    return highest;
}

ScoreSketch take_scores() {
    const board::ReflexLock lock;
    const ScoreSketch taken = unsent_scores;
    unsent_scores = {};
    return taken;
}

uint16_t drift_permille() {
    const board::ReflexLock lock;
    return drift.permille();
}

uint32_t last_sequence() {
    return sequence;
}

void work() {
    sampler::Block block;
    while (sampler::front(block)) {
        work_off(block);
        sampler::pop();
    }
    if (sampler::finished()) gate::close();
}

}  // namespace ganglion::firmware::reflex

extern "C" void pendsv_handler();
extern "C" void pendsv_handler() {
    ganglion::firmware::reflex::work();
}
