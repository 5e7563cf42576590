#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "compile/bundle_features.hpp"
#include "compile/bundle_signature.hpp"
#include "compile/testing/bundle_models.hpp"
#include "device/core/crc32.hpp"
#include "device/pipeline/pipeline.hpp"

// device/pipeline on whole bundles, which only the writer can make.

namespace ganglion::compile {
namespace {

using tests::Application;
using tests::machine_application;
using tests::random_samples;
using tests::wake_word_application;

const std::string& signing_key() {
    static const std::string key = generate_signing_key();
    return key;
}

// A written bundle, loaded, with RAM of exactly the size it asks for between two guards.
class Device {
  public:
    static constexpr size_t guard = 64;

    explicit Device(const Application& application)
        : bytes_(write_bundle(application.input(), signing_key())) {
        BundleVerifier verifier(public_key_of(signing_key()));
        EXPECT_EQ(bundle.load(bytes_, verifier.callbacks()), Status::ok);
        memory_.assign(Pipeline::ram_bytes(bundle) + 2 * guard, int8_t{0x5A});
    }
    ~Device() {
        const auto untouched = [](int8_t byte) { return byte == 0x5A; };
        EXPECT_TRUE(std::all_of(memory_.begin(), memory_.begin() + guard, untouched));
        EXPECT_TRUE(std::all_of(memory_.end() - guard, memory_.end(), untouched));
    }
    Device(const Device&) = delete;
    Device& operator=(const Device&) = delete;

    std::span<int8_t> ram() {
        return std::span(memory_).subspan(guard, memory_.size() - 2 * guard);
    }

    Bundle bundle;
    Pipeline pipeline;

  private:
    std::vector<uint8_t> bytes_;
    std::vector<int8_t> memory_;
};

struct Outcome {
    std::vector<Decision> decisions;
    uint32_t crc = 0;  // of all inputs and outputs
};

// Feeds blocks of the given sizes, over and over.
Outcome run(Device& device, std::span<const int16_t> samples, const std::vector<size_t>& sizes) {
    EXPECT_EQ(device.pipeline.start(device.bundle, device.ram()), Status::ok);
    Outcome outcome;
    for (size_t turn = 0; !samples.empty(); ++turn) {
        const size_t size = std::min(sizes[turn % sizes.size()], samples.size());
        std::span<const int16_t> block = samples.first(size);
        Decision decision;
        while (device.pipeline.next(block, decision)) {
            outcome.decisions.push_back(decision);
            outcome.crc = device.pipeline.tensors_crc(outcome.crc);
        }
        samples = samples.subspan(size);
    }
    return outcome;
}

void expect_equal(const Outcome& a, const Outcome& b) {
    ASSERT_EQ(a.decisions.size(), b.decisions.size());
    for (size_t i = 0; i < a.decisions.size(); ++i) {
        EXPECT_EQ(a.decisions[i].sample, b.decisions[i].sample);
        EXPECT_EQ(a.decisions[i].score_permille, b.decisions[i].score_permille);
        EXPECT_EQ(a.decisions[i].fired, b.decisions[i].fired);
        EXPECT_EQ(a.decisions[i].label, b.decisions[i].label);
    }
    EXPECT_NE(a.crc, 0U);
    EXPECT_EQ(a.crc, b.crc);
}

// Noise whose loudness and colour change, so that scores do.
std::vector<int16_t> restless(size_t count) {
    std::vector<int16_t> samples;
    for (uint32_t part = 0; samples.size() < count; ++part) {
        const auto noise = random_samples(4096, 200U << (part % 7U), part);
        for (size_t i = 0; i < noise.size(); ++i) {
            const int sum = part % 2 == 0 || i == 0 ? noise[i] : (noise[i] + noise[i - 1]) / 2;
            samples.push_back(static_cast<int16_t>(sum));
        }
    }
    samples.resize(count);
    return samples;
}

TEST(Pipeline, BitsDoNotDependOnTheSizeOfBlocks) {
    for (const Application& application : {wake_word_application(), machine_application()}) {
        Device device(application);
        const auto samples = restless(60000);
        const Outcome whole = run(device, samples, {160});
        EXPECT_GT(whole.decisions.size(), 40U);
        for (const std::vector<size_t>& sizes :
             {std::vector<size_t>{1}, {7, 1, 300, 33}, {320, 319}}) {
            expect_equal(whole, run(device, samples, sizes));
        }
        expect_equal(whole, run(device, samples, {512, 513, 900}));
        expect_equal(whole, run(device, samples, {SIZE_MAX}));
        Outcome fed;
        ASSERT_EQ(device.pipeline.start(device.bundle, device.ram()), Status::ok);
        device.pipeline.feed(samples, [&](const Decision& decision) {
            fed.decisions.push_back(decision);
            fed.crc = device.pipeline.tensors_crc(fed.crc);
        });
        expect_equal(whole, fed);
        EXPECT_EQ(device.pipeline.samples(), samples.size());
        EXPECT_EQ(device.pipeline.inferences(), whole.decisions.size());
    }
}

TEST(Pipeline, BlocksTooLongReportWhatFired) {
    Application application = wake_word_application();
    application.project.decision.threshold = 1;
    application.project.decision.average = 1;
    Device device(application);
    ASSERT_EQ(device.pipeline.start(device.bundle, device.ram()), Status::ok);
    Decision decision;
    EXPECT_TRUE(device.pipeline.push(restless(60000), decision));
    EXPECT_TRUE(decision.fired);
    EXPECT_LT(decision.sample, 59999U);
}

TEST(Pipeline, DecidesAtTheDocumentedSamples) {
    Device speech(wake_word_application());
    const Outcome words = run(speech, restless(30000), {100});
    // 49 frames: 48 hops and a window; then every third frame.
    for (size_t i = 0; i < words.decisions.size(); ++i) {
        EXPECT_EQ(words.decisions[i].sample, 48 * 320 + 480 - 1 + i * 3 * 320);
    }
    Device machine(machine_application());
    const Outcome motor = run(machine, restless(30000), {100});
    // 20 frames are learned from; the next is the first to be judged.
    for (size_t i = 0; i < motor.decisions.size(); ++i) {
        EXPECT_EQ(motor.decisions[i].sample, 20 * 512 + 1024 - 1 + i * 512);
    }
    EXPECT_FALSE(machine.pipeline.learning());
    EXPECT_EQ(motor.decisions.size(), 1 + (30000 - 20 * 512 - 1024) / 512U);
}

TEST(Pipeline, SaysThatItLearnsAndDoesNotDecide) {
    Device device(machine_application());
    EXPECT_FALSE(device.pipeline.learning());
    ASSERT_EQ(device.pipeline.start(device.bundle, device.ram()), Status::ok);
    Decision decision;
    const auto samples = restless(1024 + 19 * 512);
    EXPECT_FALSE(device.pipeline.push(std::span(samples).first(samples.size() - 1), decision));
    EXPECT_TRUE(device.pipeline.learning());
    EXPECT_FALSE(device.pipeline.push(std::span(samples).last(1), decision));
    EXPECT_FALSE(device.pipeline.learning());
    EXPECT_EQ(device.pipeline.inferences(), 0U);
    EXPECT_EQ(device.pipeline.frames(), 20U);
}

// Training computes features with feature_frames(); the network must see the very same bytes on the
// device.
TEST(Pipeline, TheModelSeesWhatTrainingSaw) {
    Application still = machine_application();  // fixed scaling instead of learning
    still.project.running_normal_frames = 0;
    still.project.features.offset = 25;
    still.proof_learn_frames = 0;
    Application windowed = machine_application();
    windowed.project.features.frames = 4;
    windowed.project.features.stride = 2;
    windowed.program = tests::compiled(tests::dense_network({4 * 27, 8, 4 * 27}, false));
    Application levelled = wake_word_application();
    levelled.project.features.normalise_seconds = 1;
    levelled.project.features.offset = 0;
    for (const Application& application :
         {wake_word_application(), levelled, machine_application(), still, windowed}) {
        Device device(application);
        const auto samples = restless(40000);
        const auto frames = feature_frames(application.project, samples);
        const uint32_t values = application.project.frame_values();
        const size_t window = size_t{values} * application.project.features.frames;
        ASSERT_EQ(device.pipeline.start(device.bundle, device.ram()), Status::ok);
        size_t at = 0;
        device.pipeline.feed(samples, [&](const Decision&) {
            const auto older = device.pipeline.input_older();
            const auto newer = device.pipeline.input_newer();
            ASSERT_EQ(older.size() + newer.size(), window);
            ASSERT_LE(at + window, frames.size());
            EXPECT_TRUE(std::equal(older.begin(), older.end(), frames.begin() + at));
            EXPECT_TRUE(std::equal(newer.begin(), newer.end(), frames.begin() + at + older.size()));
            at += size_t{values} * application.project.features.stride;
        });
        EXPECT_GT(at, 0U);
        EXPECT_GT(at + window, frames.size());  // every window was judged
    }
}

TEST(Pipeline, ScoresFollowTheirDefinitions) {
    Device speech(wake_word_application());
    ASSERT_EQ(speech.pipeline.start(speech.bundle, speech.ram()), Status::ok);
    uint16_t least = 1000;
    uint16_t most = 0;
    speech.pipeline.feed(restless(60000), [&](const Decision&) {
        const uint16_t score = speech.pipeline.last_score();
        EXPECT_EQ(score, std::lround((speech.pipeline.output()[1] + 128) * 1000 / 256.0));
        least = std::min(least, score);
        most = std::max(most, score);
    });
    EXPECT_LT(least, most);

    Device machine(machine_application());
    ASSERT_EQ(machine.pipeline.start(machine.bundle, machine.ram()), Status::ok);
    machine.pipeline.feed(restless(60000), [&](const Decision&) {
        double sum = 0;
        const auto older = machine.pipeline.input_older();
        for (size_t i = 0; i < older.size(); ++i) {
            sum += std::pow((older[i] - machine.pipeline.output()[i]) / 16.0, 2);
        }
        const double expected = std::min(1000.0, 1000 * sum / 27 / 4.0);
        EXPECT_NEAR(machine.pipeline.last_score(), expected, 1);
    });
}

// Raw samples to decisions: one changed bit anywhere is a change of the numeric contract.
TEST(Pipeline, GivesTheGoldenBits) {
    const auto golden = [](const Application& application) {
        Device device(application);
        const Outcome outcome = run(device, restless(60000), {320});
        uint32_t crc = outcome.crc;
        for (const Decision& decision : outcome.decisions) {
            const std::array<uint8_t, 3> bytes = {
                static_cast<uint8_t>(decision.score_permille),
                static_cast<uint8_t>(decision.score_permille >> 8U), decision.fired};
            crc = crc32(bytes, crc);
        }
        return crc;
    };
    EXPECT_EQ(golden(wake_word_application()), 556402308U);
    EXPECT_EQ(golden(machine_application()), 1269747864U);
}

TEST(Pipeline, NeedsExactlyTheRamItSays) {
    for (const Application& application : {wake_word_application(), machine_application()}) {
        Device device(application);
        Decision decision;
        const auto ram = device.ram();
        EXPECT_EQ(device.pipeline.start(device.bundle, ram.first(ram.size() - 1)),
                  Status::too_large);
        EXPECT_FALSE(device.pipeline.push(restless(60000), decision));
        EXPECT_EQ(device.pipeline.start(device.bundle, ram.subspan(8)), Status::too_large);
        EXPECT_EQ(device.pipeline.start(device.bundle, ram), Status::ok);
        EXPECT_EQ(device.bundle.meta().ram_bytes, ram.size());
        device.pipeline.push(restless(60000), decision);  // the guards are checked at the end
    }
}

TEST(Pipeline, RefusesMisalignedRam) {
    Device device(machine_application());
    std::vector<int8_t> more(device.ram().size() + 32);
    EXPECT_EQ(device.pipeline.start(device.bundle, std::span(more).subspan(8)), Status::bad_value);
}

TEST(Pipeline, ForgetsEverythingOnStart) {
    Device device(machine_application());
    const auto samples = restless(30000);
    const Outcome first = run(device, samples, {300});
    expect_equal(first, run(device, samples, {300}));
    EXPECT_EQ(device.pipeline.prove(device.bundle, device.ram()), Status::ok);
    EXPECT_EQ(device.pipeline.samples(), 0U);
    expect_equal(first, run(device, samples, {300}));
}

// A learner of the frames alone, for a gate or a whole application.
project::Project::Learner distance_learner() {
    return {.kind = project::LearnerChoice::distance,
            .of_model = false,
            .parameters = {{"learn_frames", {20}},
                           {"adapt_shift", {16}},
                           {"refuse", {300}},
                           {"least_deviation", {32}},
                           {"doublings", {6}}}};
}

project::Project::Decision anomaly_rule() {
    project::Project::Decision rule;
    rule.kind = project::DecisionRule::learner;
    rule.labels = {"anomaly"};
    rule.threshold = 300;
    return rule;
}

// Even noise, then a stretch that is much louder, then the first again.
std::vector<int16_t> disturbed_noise() {
    std::vector<int16_t> samples = random_samples(40000, 500, 5);
    const auto loud = random_samples(8000, 20000, 6);
    std::copy(loud.begin(), loud.end(), samples.begin() + 20000);
    return samples;
}

TEST(Pipeline, ALearnerAloneFindsWhatIsNotNormal) {
    Application application = machine_application();
    application.program.clear();
    application.proof_learn_frames = 0;
    application.project.running_normal_frames = 0;
    application.project.learner = distance_learner();
    application.project.decision = anomaly_rule();
    Device device(application);
    EXPECT_TRUE(device.bundle.program().empty());
    EXPECT_EQ(device.pipeline.prove(device.bundle, device.ram()), Status::ok);
    const auto samples = disturbed_noise();
    const Outcome outcome = run(device, samples, {300});
    expect_equal(outcome, run(device, samples, {1, 999}));
    ASSERT_FALSE(outcome.decisions.empty());
    // 20 frames of 512 samples behind the first window are learned from.
    EXPECT_EQ(outcome.decisions.front().sample, 1024U + 20 * 512 - 1);
    std::vector<uint64_t> fired;
    for (const Decision& decision : outcome.decisions) {
        if (decision.fired) fired.push_back(decision.sample);
    }
    ASSERT_EQ(fired.size(), 1U);
    EXPECT_GE(fired[0], 20000U);
    EXPECT_LT(fired[0], 20000U + 1024);
    // What was loud was not learned: the quiet after it is normal again.
    EXPECT_LT(outcome.decisions.back().score_permille, 300);
}

TEST(Pipeline, AGateRunsTheModelOnlyWhileItIsOpen) {
    Application application = wake_word_application();
    project::Project::Gate gate;
    gate.learner = distance_learner();
    gate.decision = anomaly_rule();
    gate.hold_ms = 100;
    application.project.gates = {gate};
    const std::string& key = signing_key();
    BundleInput input = application.input();
    input.gate_programs = {{}};
    const auto bytes = write_bundle(input, key);
    BundleVerifier verifier(public_key_of(key));
    Bundle bundle;
    ASSERT_EQ(bundle.load(bytes, verifier.callbacks()), Status::ok);
    ASSERT_EQ(bundle.stages().size(), 2U);
    EXPECT_EQ(bundle.label(2), "anomaly");
    std::vector<int8_t> ram(Pipeline::ram_bytes(bundle));
    Pipeline pipeline;
    ASSERT_EQ(pipeline.prove(bundle, ram), Status::ok);  // with the gate open

    const auto samples = disturbed_noise();
    uint64_t first = 0;
    uint64_t last = 0;
    pipeline.feed(samples, [&](const Decision& decision) {
        EXPECT_FALSE(decision.stage == 0 && decision.fired) << "a silent gate is no event";
        if (decision.stage == 0) return;
        if (first == 0) first = decision.sample;
        last = decision.sample;
    });
    // Loud from 20000 to 28000, and held for 1600 samples more.
    EXPECT_GT(pipeline.inferences(1), 0U);
    EXPECT_LT(pipeline.inferences(1) * 3, pipeline.inferences(0));
    EXPECT_GE(first, 20000U);
    EXPECT_LT(first, 20000U + 480 + 320);
    EXPECT_GT(last, 27000U);
    EXPECT_LE(last, 28000U + 480 + 1600);
}

TEST(Pipeline, ASoundGateLetsTheFeaturesSleepAndChangesNothingThatItHears) {
    Application application = wake_word_application();
    Device always(application);
    application.project.sound_gate = project::Project::SoundGate();
    Device gated(application);
    EXPECT_EQ(gated.pipeline.prove(gated.bundle, gated.ram()), Status::ok);  // with the gate open

    auto samples = random_samples(20000, 300, 5);  // then restless for 2.4 s, then quiet
    for (uint32_t part = 0; part < 60; ++part) {
        const auto noise = random_samples(640, part % 2 == 0 ? 20000 : 1000, part);
        samples.insert(samples.end(), noise.begin(), noise.end());
    }
    const auto quiet = random_samples(20000, 300, 6);
    samples.insert(samples.end(), quiet.begin(), quiet.end());
    const Outcome outcome = run(gated, samples, {320});
    const uint64_t slept = gated.pipeline.slept_frames();
    EXPECT_EQ(gated.pipeline.frames(), 1 + (samples.size() - 480) / 320 - 3);  // three wait
    EXPECT_GT(slept, 50U);
    for (const std::vector<size_t>& sizes : {std::vector<size_t>{1}, {7, 1, 300, 33}, {SIZE_MAX}}) {
        expect_equal(outcome, run(gated, samples, sizes));
        EXPECT_EQ(gated.pipeline.slept_frames(), slept);
    }

    // As without it once the frames of a window were all heard.
    const Outcome all = run(always, samples, {320});
    EXPECT_LT(outcome.decisions.size(), all.decisions.size());
    constexpr uint64_t first = 20000 + 48 * 320 + 480;
    size_t compared = 0;
    for (const Decision& decision : outcome.decisions) {
        const auto same = std::ranges::find(all.decisions, decision.sample, &Decision::sample);
        ASSERT_NE(same, all.decisions.end()) << decision.sample;
        if (decision.sample < first || decision.sample >= 20000 + 60 * 640) continue;
        EXPECT_EQ(decision.score_permille, same->score_permille) << decision.sample;
        ++compared;
    }
    EXPECT_GT(compared, 15U);
}

}  // namespace
}  // namespace ganglion::compile
