#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <thread>

#include "compile/bundle_signature.hpp"
#include "compile/bundle_writer.hpp"
#include "compile/testing/bundle_models.hpp"
#include "device/pipeline/pipeline.hpp"
#include "firmware/emulator/board.hpp"
#include "firmware/emulator/testing/lab.hpp"
#include "paths.hpp"

namespace ganglion::firmware {

using namespace std::chrono_literals;
using lab::Authority;
using lab::Broker;
using lab::eventually;
using lab::Folder;
using lab::Server;

inline std::filesystem::path firmware_elf() {
    if (const char* given = std::getenv("GANGLION_FIRMWARE")) return given;
    return std::filesystem::path(GANGLION_SOURCE_DIR) / "build/cortex-m4/firmware/firmware.elf";
}

#define NEEDS_FIRMWARE()                                                                      \
    if (!std::filesystem::exists(firmware_elf()))                                             \
    GTEST_SKIP() << "SKIPPED: needs " << firmware_elf().string()                              \
                 << " (cmake --preset cortex-m4 && cmake --build --preset cortex-m4, or set " \
                    "GANGLION_FIRMWARE)"

struct Outcome {
    std::vector<Decision> decisions;
    std::vector<Decision> fired;
};

/// A bundle, and what its pipeline makes of samples on this machine.
class TestBundle {
  public:
    explicit TestBundle(const tests::Application& application)
        : key_(compile::generate_signing_key()),
          bytes_(compile::write_bundle(application.input(), key_)) {}

    std::string public_key() const { return compile::public_key_of(key_); }
    const std::vector<uint8_t>& bytes() const { return bytes_; }

    Outcome run(std::span<const int16_t> samples) const {
        // The pipeline wants its bundle and its RAM aligned.
        std::vector<uint8_t> storage(bytes_.size() + 16);
        void* start = storage.data();
        size_t space = storage.size();
        std::align(16, bytes_.size(), start, space);
        std::copy(bytes_.begin(), bytes_.end(), static_cast<uint8_t*>(start));
        compile::BundleVerifier verifier(public_key());
        Bundle bundle;
        EXPECT_EQ(bundle.load({static_cast<uint8_t*>(start), bytes_.size()}, verifier.callbacks()),
                  Status::ok);
        alignas(16) static std::array<int8_t, 128 * 1024> ram;
        Pipeline pipeline;
        EXPECT_EQ(pipeline.start(bundle, ram), Status::ok);
        Outcome run;
        pipeline.feed(samples, [&](const Decision& decision) {
            run.decisions.push_back(decision);
            if (decision.fired) run.fired.push_back(decision);
        });
        return run;
    }

  private:
    std::string key_;
    std::vector<uint8_t> bytes_;
};

struct AgentTest : ::testing::Test {
    Folder folder;
    Authority authority{folder.path()};
    Broker broker{authority};

    void write_bundle(const TestBundle& bundle) {
        std::ofstream(folder.path() / "bundle", std::ios::binary)
            .write(reinterpret_cast<const char*>(bundle.bytes().data()),
                   static_cast<std::streamsize>(bundle.bytes().size()));
    }

    BoardConfig config(const std::string& id, const std::string& bundle_key,
                       Pace pace = Pace::fast) {
        authority.issue(id);
        BoardConfig made;
        made.firmware = firmware_elf();
        made.image = folder.path() / (id + ".img");
        made.work_dir = folder.path() / id;
        made.identity = {id,
                         broker.port(),
                         "localhost",
                         authority.text("ca.pem"),
                         authority.text(id + ".pem"),
                         authority.text(id + ".key"),
                         bundle_key};
        made.bundle = folder.path() / "bundle";
        made.pace = pace;
        return made;
    }
};

/// Samples of a machine whose bearing fails all at once: quiet noise, then loud.
inline std::vector<int16_t> failing_machine(size_t good, size_t bad) {
    std::vector<int16_t> samples = tests::random_samples(good, 300, 5);
    const std::vector<int16_t> loud = tests::random_samples(bad, 20000, 6);
    samples.insert(samples.end(), loud.begin(), loud.end());
    return samples;
}

inline tests::Application stopping_machine() {
    tests::Application application = tests::machine_application();
    application.project.action.stop_line = true;
    application.project.decision.full_scale = 16;
    return application;
}

/// A wake word network of random weights, with a threshold in the midst of its scores: it fires
/// again and again.
inline TestBundle talkative(std::span<const int16_t> samples, uint32_t gate_ms) {
    tests::Application application = tests::wake_word_application();
    application.project.action.gate_ms = gate_ms;
    application.project.decision.minimum_gap_ms = 0;
    application.project.decision.average = 1;
    std::vector<uint16_t> scores;
    for (const Decision& decision : TestBundle(application).run(samples).decisions)
        scores.push_back(decision.score_permille);
    std::sort(scores.begin(), scores.end());
    application.project.decision.threshold = std::max<uint32_t>(scores[scores.size() / 2], 1);
    return TestBundle(application);
}

/// Sound that comes and goes, so that scores do.
inline std::vector<int16_t> restless_sound(size_t count) {
    std::vector<int16_t> samples = tests::random_samples(count, 8000, 9);
    const std::vector<int16_t> level = tests::random_samples(count / 4000 + 1, 1000, 10);
    for (size_t i = 0; i < count; ++i)
        samples[i] = static_cast<int16_t>(samples[i] * std::max<int>(level[i / 4000], 5) / 1000);
    return samples;
}

inline void feed_all(EmulatedBoard& board, std::span<const int16_t> samples) {
    EXPECT_TRUE(board.feed(samples));
    board.end_of_samples();
}

/// The events of `boot` are the start and then exactly what the host decided.
inline void expect_events(const Server::State& state, uint32_t boot,
                          const std::vector<Decision>& fired, EventKind kind,
                          const std::string& label) {
    ASSERT_TRUE(state.events.contains({boot, 1}));
    EXPECT_EQ(state.events.at({boot, 1}).kind, EventKind::started);
    for (size_t i = 0; i < fired.size(); ++i) {
        const Server::Name name{boot, static_cast<uint32_t>(i + 2)};
        ASSERT_TRUE(state.events.contains(name)) << "sequence " << name.second;
        const Event& event = state.events.at(name);
        EXPECT_EQ(event.kind, kind);
        EXPECT_EQ(event.label.view(), label);
        EXPECT_EQ(event.sample, fired[i].sample);
        EXPECT_EQ(event.score_permille, fired[i].score_permille);
    }
    EXPECT_FALSE(state.events.contains({boot, static_cast<uint32_t>(fired.size() + 2)}));
    EXPECT_EQ(state.malformed, 0U);
}

}  // namespace ganglion::firmware
