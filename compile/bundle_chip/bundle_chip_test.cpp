#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "compile/bundle_chip/record.hpp"
#include "compile/bundle_signature.hpp"
#include "compile/testing/bundle_models.hpp"
#include "device/pipeline/pipeline.hpp"
#include "paths.hpp"
#include "project/project.hpp"

// Raw samples to decisions on the emulated Cortex-M4F and on the host: equal bits.

namespace ganglion::compile {
namespace {

namespace fs = std::filesystem;
using chip::Record;
using tests::Application;

template <typename T>
void write_file(const fs::path& path, const std::vector<T>& values) {
    std::ofstream file(path, std::ios::binary);
    file.write(reinterpret_cast<const char*>(values.data()),
               static_cast<std::streamsize>(values.size() * sizeof(T)));
}

// What the host makes of the same bundle and samples.
std::vector<Record> on_host(const std::vector<uint8_t>& bytes, const std::vector<int16_t>& samples,
                            const std::string& key) {
    BundleVerifier verifier(public_key_of(key));
    Bundle bundle;
    EXPECT_EQ(bundle.load(bytes, verifier.callbacks()), Status::ok);
    std::vector<int8_t> ram(Pipeline::ram_bytes(bundle));
    Pipeline pipeline;
    EXPECT_EQ(pipeline.start(bundle, ram), Status::ok);
    std::vector<Record> records;
    uint32_t crc = 0;
    pipeline.feed(samples, [&](const Decision& decision) {
        crc = pipeline.tensors_crc(crc);
        records.push_back({decision.sample, decision.score_permille, pipeline.last_score(),
                           decision.label, decision.fired, 0, crc,
                           static_cast<uint32_t>(pipeline.inferences())});
    });
    return records;
}

class PipelineOnChip : public testing::TestWithParam<const char*> {
  protected:
    void SetUp() override {
        // One for each process: the tests of one application run side by side.
        folder_ = fs::path(testing::TempDir()) /
                  (std::string("ganglion_pipeline_") + GetParam() + std::to_string(getpid()));
        fs::create_directories(folder_);
    }
    void TearDown() override { fs::remove_all(folder_); }

    std::string path(const char* name) const { return (folder_ / name).string(); }

    // Feeds blocks of so many values: one hop.
    int run_chip(uint32_t block_values) const {
        const std::string command =
            CHIP_QEMU " -M mps2-an386 -nographic -monitor none -serial none -kernel " CHIP_RUNNER
                      " -semihosting-config enable=on,target=native,arg=runner,arg=" +
            path("bundle") + ",arg=" + path("samples") + ",arg=" + path("records") +
            ",arg=" + std::to_string(block_values) +
            " -plugin " CHIP_COUNTER ",out=" + path("counts") + " </dev/null";
        return std::system(command.c_str());
    }

    // Once the chip has run over them.
    void expect_as_on_host(const std::vector<uint8_t>& bytes, const std::vector<int16_t>& samples,
                           const std::string& key) const {
        std::ifstream file(path("records"), std::ios::binary);
        const std::string found{std::istreambuf_iterator<char>(file), {}};
        const std::vector<Record> expected = on_host(bytes, samples, key);
        EXPECT_GT(expected.size(), 30U);
        ASSERT_EQ(found.size(), expected.size() * sizeof(Record));
        EXPECT_EQ(std::memcmp(found.data(), expected.data(), found.size()), 0);
    }

    fs::path folder_;
};

TEST_P(PipelineOnChip, EqualsTheHostBitForBit) {
    const Application application = std::string(GetParam()) == "wake_word"
                                        ? tests::wake_word_application()
                                        : tests::machine_application();
    const std::string key = generate_signing_key();
    const auto bytes = write_bundle(application.input(), key);
    std::vector<int16_t> samples;
    for (uint32_t part = 0; part < 12; ++part) {
        const auto noise =
            tests::random_samples(4000, part == 11 ? 32767 : 100U << (part % 8U), part);
        samples.insert(samples.end(), noise.begin(), noise.end());
    }
    write_file(path("bundle"), bytes);
    write_file(path("samples"), samples);
    ASSERT_EQ(run_chip(application.project.features.hop), 0);  // includes the proof
    expect_as_on_host(bytes, samples, key);
}

TEST_P(PipelineOnChip, RefusesABundleWhoseProofFails) {
    const Application application = std::string(GetParam()) == "wake_word"
                                        ? tests::wake_word_application()
                                        : tests::machine_application();
    auto bytes = write_bundle(application.input(), generate_signing_key());
    write_file(path("samples"), std::vector<int16_t>(1000));
    write_file(path("bundle"), bytes);
    ASSERT_EQ(run_chip(application.project.features.hop), 0);
    bytes[bytes.size() - Bundle::signature_bytes - 2] ^= 1U;  // the last expected score
    write_file(path("bundle"), bytes);
    EXPECT_NE(run_chip(application.project.features.hop), 0);
}

// Instructions of one frame's features: of the blocks of one hop that complete a frame and lead to
// no inference.
TEST_P(PipelineOnChip, AFramesFeaturesStayWithinTheirInstructions) {
    const bool speech = std::string(GetParam()) == "wake_word";
    Application application =
        speech ? tests::wake_word_application() : tests::machine_application();
    write_file(path("bundle"), write_bundle(application.input(), generate_signing_key()));
    write_file(path("samples"), tests::random_samples(10000, 3000, 1));  // too few for an inference
    ASSERT_EQ(run_chip(application.project.features.hop), 0);
    std::ifstream file(path("counts"));
    const std::vector<uint64_t> counts{std::istream_iterator<uint64_t>(file), {}};
    ASSERT_GT(counts.size(), 10U);
    const uint64_t frame = counts[counts.size() - 2];  // the last block is not whole
    std::cout << GetParam() << ": " << frame << " instructions a frame\n";
    EXPECT_GT(frame, 10000U);
    EXPECT_LT(frame, speech ? 35000U : 115000U);
}

INSTANTIATE_TEST_SUITE_P(Applications, PipelineOnChip, testing::Values("wake_word", "machine"),
                         [](const auto& parameter) { return std::string(parameter.param); });

// Behind a sound gate the chip sleeps through what the host sleeps through, and that costs little.
class SoundGateOnChip : public PipelineOnChip {};

TEST_P(SoundGateOnChip, SleepsAsOnTheHostAndCheaply) {
    Application application = tests::wake_word_application();
    application.project.sound_gate = project::Project::SoundGate();
    const std::string key = generate_signing_key();
    const auto bytes = write_bundle(application.input(), key);
    std::vector<int16_t> samples;
    for (uint32_t part = 0; part < 18; ++part) {
        const auto noise = tests::random_samples(8000, part % 3 == 1 ? 6000 : 300 + part, part);
        samples.insert(samples.end(), noise.begin(), noise.end());
    }
    write_file(path("bundle"), bytes);
    write_file(path("samples"), samples);
    ASSERT_EQ(run_chip(application.project.features.hop), 0);  // includes the proof
    expect_as_on_host(bytes, samples, key);

    std::ifstream counted(path("counts"));
    const std::vector<uint64_t> counts{std::istream_iterator<uint64_t>(counted), {}};
    ASSERT_GT(counts.size(), 200U);
    const uint64_t asleep = counts[counts.size() - 5];
    std::cout << "sound gate: " << asleep << " instructions a frame slept through\n";
    EXPECT_LT(asleep, 4000U);
}

INSTANTIATE_TEST_SUITE_P(Applications, SoundGateOnChip, testing::Values("sound_gate"),
                         [](const auto& parameter) { return std::string(parameter.param); });

// The applications whose learner judges alone: what they learn and decide on the chip is what they
// do on the host, and an hour of it costs little.
class LearnerOnChip : public PipelineOnChip {
  protected:
    // A slow sensor's samples: the time goes on, the other channels swing, tremble and jump.
    static std::vector<int16_t> slow_samples(const project::Project& project, uint32_t count) {
        const uint32_t minutes = std::max(project.sensor.period_s / 60, 30U);
        const auto noise = tests::random_samples(count * project.sensor.channels, 60, 5);
        std::vector<int16_t> samples;
        for (uint32_t i = 0; i < count; ++i) {
            samples.push_back(static_cast<int16_t>(i * minutes % 10080));
            for (uint32_t channel = 1; channel < project.sensor.channels; ++channel) {
                const int32_t swing = static_cast<int32_t>(i % 24 < 12 ? i % 24 : 24 - i % 24) * 90;
                const int32_t jump = i % 97 == 90 ? 4000 : 0;
                const int32_t value = 4000 + swing + jump + noise[i * project.sensor.channels];
                samples.push_back(i % 53 == 7 ? int16_t{INT16_MIN} : static_cast<int16_t>(value));
            }
        }
        // Events are small numbers.
        if (project.application.name == "home_light") {
            for (size_t i = 1; i < samples.size(); i += 2) {
                samples[i] = static_cast<int16_t>(samples[i] % 20);
            }
        }
        return samples;
    }
};

TEST_P(LearnerOnChip, LearnsAndDecidesAsOnTheHost) {
    const auto project =
        project::read(fs::path(GANGLION_SOURCE_DIR) / "apps" / GetParam() / "ganglion.toml");
    const auto proof = slow_samples(project, 64);
    const std::string key = generate_signing_key();
    const BundleInput input{
        .project = project, .program = {}, .proof_samples = proof, .gate_programs = {}};
    const auto bytes = write_bundle(input, key);
    const auto samples = slow_samples(project, 1500);
    write_file(path("bundle"), bytes);
    write_file(path("samples"), samples);
    ASSERT_EQ(run_chip(project.sensor.channels), 0);  // includes the proof
    std::ifstream file(path("records"), std::ios::binary);
    const std::string found{std::istreambuf_iterator<char>(file), {}};
    const std::vector<Record> expected = on_host(bytes, samples, key);
    EXPECT_GT(expected.size(), 500U);
    ASSERT_EQ(found.size(), expected.size() * sizeof(Record));
    EXPECT_EQ(std::memcmp(found.data(), expected.data(), found.size()), 0);

    std::ifstream counted(path("counts"));
    const std::vector<uint64_t> counts{std::istream_iterator<uint64_t>(counted), {}};
    ASSERT_GT(counts.size(), 1000U);
    const uint64_t most = *std::max_element(counts.begin(), counts.end());
    std::cout << GetParam() << ": at most " << most << " instructions a sample\n";
    EXPECT_LT(most, 500000U);
}

INSTANTIATE_TEST_SUITE_P(Applications, LearnerOnChip,
                         testing::Values("meter", "field", "home", "home_light"),
                         [](const auto& parameter) { return std::string(parameter.param); });

}  // namespace
}  // namespace ganglion::compile
