#include "compile/bundle_features.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstring>
#include <numbers>

#include "device/core/crc32.hpp"
#include "device/features/band_energies.hpp"
#include "device/features/feature_section.hpp"
#include "device/features/spectrum_section.hpp"
#include "project/testing/documented_projects.hpp"
#include "project/testing/random_samples.hpp"

namespace ganglion::compile {
namespace {

using tests::documented_machine;
using tests::documented_wake_word;
using tests::random_samples;

template <typename T>
uint32_t crc_of(const std::vector<T>& values) {
    return crc32({reinterpret_cast<const uint8_t*>(values.data()), values.size() * sizeof(T)});
}

// A section in memory aligned for the parser.
struct Loaded {
    explicit Loaded(const std::vector<uint8_t>& bytes) : storage(bytes.size() / 4 + 1) {
        std::copy(bytes.begin(), bytes.end(), reinterpret_cast<uint8_t*>(storage.data()));
        status = parse_feature_section(
            {reinterpret_cast<const uint8_t*>(storage.data()), bytes.size()}, common);
        if (status == Status::ok) {
            status = parse_spectrum_section(common.header, common.parameters, section);
        }
    }
    std::vector<uint32_t> storage;
    FeatureSection common;
    SpectrumSection section;
    Status status = Status::ok;
};

// Band energies by definition, in double precision, from the section's own window and filters.
std::vector<double> true_log2_energies(const SpectrumSection& section, const int16_t* samples) {
    const uint32_t size = section.header.fft_size;
    const uint32_t window = section.header.window;
    std::vector<double> power(size / 2 + 1);
    for (uint32_t k = 0; k < power.size(); ++k) {
        std::complex<double> sum = 0;
        for (uint32_t n = 0; n < window; ++n) {
            const uint32_t mirrored = n < window / 2 ? n : window - 1 - n;
            const double phase = -2 * std::numbers::pi * (uint64_t{k} * n % size) / size;
            sum += std::polar(1.0 * samples[n] * section.half_window[mirrored], phase);
        }
        power[k] = std::norm(sum / (size / 2.0)) / 65536;
    }
    std::vector<double> energies;
    const uint16_t* weight = section.weights.data();
    for (uint32_t band = 0; band < section.header.bands; ++band) {
        double sum = 0;
        for (uint32_t i = 0; i < section.band_ranges[2 * band + 1]; ++i) {
            sum += power[section.band_ranges[2 * band] + i] * *weight++;
        }
        energies.push_back(std::log2(sum));
    }
    return energies;
}

TEST(BandEnergies, AreWithinTwoHundredthsOfADecibelOfTheDefinition) {
    constexpr double decibels_per_step = 3.0103 / 256;
    for (const project::Project& project : {documented_wake_word(), documented_machine()}) {
        const Loaded loaded(feature_section(project));
        ASSERT_EQ(loaded.status, Status::ok);
        const SpectrumSection& section = loaded.section;
        std::vector<uint64_t> scratch(band_energies_scratch_bytes(section) / 8);
        const std::span<uint8_t> bytes(reinterpret_cast<uint8_t*>(scratch.data()),
                                       scratch.size() * 8);
        std::vector<int16_t> energies(section.header.bands);
        for (const uint32_t amplitude : {3U, 40U, 1000U, 32767U}) {
            double worst = 0;
            const auto samples = random_samples(section.header.window, amplitude, amplitude);
            band_energies(section, samples.data(), 1, bytes, energies.data());
            const auto expected = true_log2_energies(section, samples.data());
            for (size_t i = 0; i < expected.size(); ++i) {
                const double error = std::abs(energies[i] - 256 * expected[i]) * decibels_per_step;
                worst = std::max(worst, error);
            }
            EXPECT_LT(worst, amplitude < 10 ? 0.1 : 0.02) << amplitude;
        }
    }
}

TEST(FeatureSectionBytes, FiltersCoverTheBandAndPeakAtOne) {
    const Loaded loaded(feature_section(documented_wake_word()));
    ASSERT_EQ(loaded.status, Status::ok);
    const uint16_t* weight = loaded.section.weights.data();
    int previous_first = 0;
    for (uint32_t band = 0; band < 40; ++band) {
        const int first = loaded.section.band_ranges[2 * band];
        const int count = loaded.section.band_ranges[2 * band + 1];
        EXPECT_GE(first, previous_first);
        EXPECT_GT(*std::max_element(weight, weight + count), 1300) << band;
        previous_first = first;
        weight += count;
    }
    EXPECT_EQ(loaded.section.band_ranges[0], 2);  // 60 Hz is bin 1.92
    EXPECT_EQ(weight, loaded.section.weights.data() + loaded.section.weights.size());
}

TEST(FeatureSectionBytes, EverySpacingAndNarrowBandsHaveABin) {
    for (const project::Spacing spacing :
         {project::Spacing::mel, project::Spacing::linear, project::Spacing::log}) {
        project::Project project = documented_machine();
        project.features.spacing = spacing;
        project.features.window = 128;
        project.features.hop = 64;
        project.features.fft_size = 128;
        project.features.bands = 128;
        project.features.low_hz = 1;
        EXPECT_EQ(Loaded(feature_section(project)).status, Status::ok);
    }
}

TEST(FeatureSectionBytes, ASoundGatesAreCheckedToo) {
    project::Project project = documented_wake_word();
    project.sound_gate = {
        .ratio = 3, .least = 40, .hold_ms = 160, .floor_ms = 300, .preroll_ms = 60};
    const std::vector<uint8_t> good = feature_section(project);
    const Loaded loaded(good);
    ASSERT_EQ(loaded.status, Status::ok);
    EXPECT_TRUE(loaded.common.has_sound_gate);
    EXPECT_EQ(loaded.common.sound_gate.block, 320U);
    EXPECT_EQ(loaded.common.sound_gate.preroll, 3U);
    EXPECT_EQ(loaded.common.sound_gate.ratio_q8, 768U);
    EXPECT_EQ(loaded.common.sound_gate.hold, 8U);
    EXPECT_EQ(loaded.common.sound_gate.floor, 15U);
    const auto changed = [&](size_t at, uint8_t value) {
        std::vector<uint8_t> wrong = good;
        wrong[at] = value;
        return Loaded(wrong).status;
    };
    EXPECT_EQ(Loaded({good.begin(), good.end() - 1}).status, Status::truncated);
    EXPECT_EQ(changed(offsetof(FeatureHeader, sound_gate_bytes), 0), Status::bad_shape);
    EXPECT_EQ(changed(offsetof(FeatureHeader, sound_gate_bytes), 10), Status::bad_shape);
    EXPECT_EQ(changed(offsetof(FeatureHeader, learn_frames), 1), Status::bad_value);
    const size_t gate = good.size() - sizeof(SoundGateParameters);
    EXPECT_EQ(changed(gate + 1, 0x80), Status::bad_value);  // block
    EXPECT_EQ(changed(gate + 2, 16), Status::bad_value);    // preroll
    EXPECT_EQ(changed(gate + 5, 0), Status::bad_value);     // ratio
    EXPECT_EQ(changed(gate + 10, 0), Status::bad_value);    // floor
}

TEST(FeatureSectionBytes, AnyOtherBytesAreRefusedOrSafe) {
    const std::vector<uint8_t> good = feature_section(documented_wake_word());
    for (size_t size = 0; size < good.size(); ++size) {
        EXPECT_EQ(Loaded({good.begin(), good.begin() + static_cast<ptrdiff_t>(size)}).status,
                  Status::truncated);
    }
    std::vector<uint8_t> longer = good;
    longer.push_back(0);
    EXPECT_EQ(Loaded(longer).status, Status::bad_shape);
    int accepted = 0;
    for (size_t i = 0;
         i < sizeof(FeatureHeader) + sizeof(FeatureScale) + sizeof(SpectrumHeader) + 600; ++i) {
        for (const uint8_t flip : {0x01, 0x80, 0xFF}) {
            std::vector<uint8_t> wrong = good;
            wrong[i] ^= flip;
            const Loaded loaded(wrong);
            if (loaded.status != Status::ok) continue;
            ++accepted;
            std::vector<uint64_t> scratch(band_energies_scratch_bytes(loaded.section) / 8);
            std::vector<int16_t> energies(loaded.section.header.bands);
            const auto samples = random_samples(loaded.section.header.window, 32767, 1);
            band_energies(loaded.section, samples.data(), 1,
                          {reinterpret_cast<uint8_t*>(scratch.data()), scratch.size() * 8},
                          energies.data());
        }
    }
    EXPECT_GT(accepted, 100);  // window values, offset, steps
}

// Golden: any change of one bit in the tables or the arithmetic is a change of the numeric
// contract.
TEST(FeatureFrames, AreTheGoldenBits) {
    const auto speech = feature_frames(documented_wake_word(), random_samples(16000, 8000, 1));
    EXPECT_EQ(speech.size(), 49U * 40U);  // 1 + (16000 - 480) / 320
    EXPECT_EQ(crc_of(feature_section(documented_wake_word())), 549436250U);
    EXPECT_EQ(crc_of(speech), 3887368318U);

    project::Project machine = documented_machine();
    const auto vibration = random_samples(12000, 2000, 2);
    const auto raw = raw_feature_frames(machine, vibration);
    EXPECT_EQ(raw.size(), 22U * 27U);
    EXPECT_EQ(crc_of(raw), 1519920901U);
    machine.running_normal_frames = 10;
    const auto frames = feature_frames(machine, vibration);
    EXPECT_EQ(frames.size(), 12U * 27U);
    EXPECT_EQ(crc_of(frames), 603087302U);
    machine.running_normal_frames = 0;
    EXPECT_EQ(feature_frames(machine, vibration).size(), raw.size());
}

TEST(FeatureFrames, TheRunningMeanTakesOutGain) {
    project::Project project = documented_wake_word();
    project.features.normalise_seconds = 0.5;
    project.features.offset = 0;
    auto samples = random_samples(32000, 1000, 3);
    const auto quiet = feature_frames(project, samples);
    for (int16_t& sample : samples) sample = static_cast<int16_t>(sample * 8);
    const auto loud = feature_frames(project, samples);
    ASSERT_EQ(quiet.size(), loud.size());
    for (size_t i = 0; i < quiet.size(); ++i) EXPECT_NEAR(quiet[i], loud[i], 1);
    EXPECT_TRUE(std::all_of(quiet.begin(), quiet.begin() + 40, [](int8_t v) { return v == 0; }));

    project.features.normalise_seconds = 0;
    project.features.offset = 35;
    EXPECT_NE(crc_of(feature_frames(project, samples)), crc_of(loud));
}

TEST(FeatureFrames, ALouderToneRaisesItsBandOnly) {
    project::Project project = documented_wake_word();
    project.features.steps = 4;
    const auto tone = [](double amplitude) {
        std::vector<int16_t> samples(480);
        for (size_t i = 0; i < samples.size(); ++i) {
            const double turn = 2 * std::numbers::pi * static_cast<double>(i) / 16000;
            samples[i] = static_cast<int16_t>(
                std::lround(amplitude * std::sin(turn * 1000) + 1000 * std::sin(turn * 5000)));
        }
        return samples;
    };
    const auto low = feature_frames(project, tone(500));
    const auto high = feature_frames(project, tone(8000));  // 16 times: 8 doublings of energy
    ASSERT_EQ(low.size(), 40U);
    int raised = 0;
    for (size_t i = 0; i < low.size(); ++i) {
        if (high[i] - low[i] >= 31 && high[i] - low[i] <= 33) ++raised;
    }
    const auto strongest = std::max_element(high.begin(), high.end()) - high.begin();
    EXPECT_NEAR(high[static_cast<size_t>(strongest)] - low[static_cast<size_t>(strongest)], 32, 1);
    EXPECT_LT(raised, 30);
}

}  // namespace
}  // namespace ganglion::compile
