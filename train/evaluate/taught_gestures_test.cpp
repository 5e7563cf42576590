#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "compile/bundle_features.hpp"
#include "device/learn/prototypes.hpp"
#include "paths.hpp"
#include "project/project.hpp"
#include "tests/shared.hpp"
#include "train/recordings/trials.hpp"
#include "train/synthesis/random.hpp"

namespace ganglion::train {
namespace {

struct Taught {
    uint64_t right = 0;
    uint64_t wrong = 0;
    uint64_t nothing = 0;
    uint64_t refused = 0;  // examples that the device did not want to be taught

    double share() const {
        return static_cast<double>(right) / static_cast<double>(right + wrong + nothing);
    }
};

/// The sensor rests after a gesture: it stays where it is, and does not turn.
void rest(std::vector<int16_t>& samples, size_t channels) {
    const std::vector<int16_t> last(samples.end() - static_cast<ptrdiff_t>(channels),
                                    samples.end());
    for (int i = 0; i < 260; ++i) {
        for (size_t c = 0; c < channels; ++c) samples.push_back(c < 3 ? last[c] : int16_t{0});
    }
}

/// Teaches five examples of each gesture, drawn anew 40 times, and judges all others.
Taught teach(const project::Project& project, const std::string& under, const char* key) {
    std::map<std::string, std::vector<std::vector<int8_t>>> gestures;
    auto trials =
        read_trials(tests::shared_dir() / "data/motion/manifest.csv", under,
                    {project.sensor.columns, project.sensor.units_per_lsb, {key}, "", ""});
    for (Trial& trial : trials) {
        rest(trial.samples, project.sensor.channels);
        const auto raw = compile::raw_feature_frames(project, trial.samples);
        if (raw.size() < project.frame_values()) continue;  // no movement at all
        gestures[trial.label].emplace_back(raw.begin(), raw.begin() + project.frame_values());
    }
    const PrototypeParameters parameters = {
        .points = 16,
        .width = static_cast<uint16_t>(project.frame_values() / 16),
        .classes = static_cast<uint16_t>(gestures.size()),
        .per_class = 5,
        .band = 4,
        .refuse_q8 = 768};
    std::vector<uint32_t> state(Prototypes::state_bytes(parameters) / 4);
    std::vector<uint32_t> scratch(Prototypes::scratch_bytes(parameters) / 4);
    const std::span<uint8_t> work{reinterpret_cast<uint8_t*>(scratch.data()), scratch.size() * 4};
    Random random(1);
    Taught taught;
    for (int draw = 0; draw < 40; ++draw) {
        Prototypes prototypes;
        prototypes.start(parameters, {reinterpret_cast<uint8_t*>(state.data()), state.size() * 4});
        for (auto& [name, examples] : gestures) {
            for (size_t i = examples.size(); i-- > 1;)
                std::swap(examples[i], examples[random.below(i + 1)]);
        }
        uint16_t label = 0;
        for (const auto& [name, examples] : gestures) {
            for (size_t i = 0; i < 5; ++i) {
                if (prototypes.teach(label, examples[i], work) != Prototypes::Taught::kept)
                    ++taught.refused;
            }
            ++label;
        }
        label = 0;
        for (const auto& [name, examples] : gestures) {
            for (size_t i = 5; i < examples.size(); ++i) {
                const auto match = prototypes.match(examples[i], work);
                ++(!match.found           ? taught.nothing
                   : match.label == label ? taught.right
                                          : taught.wrong);
            }
            ++label;
        }
    }
    std::printf(
        "%s: right %.1f %%, of %llu; wrong %llu, nothing said %llu, examples refused %llu\n",
        under.c_str(), 100 * taught.share(),
        static_cast<unsigned long long>(taught.right + taught.wrong + taught.nothing),
        static_cast<unsigned long long>(taught.wrong),
        static_cast<unsigned long long>(taught.nothing),
        static_cast<unsigned long long>(taught.refused));
    return taught;
}

TEST(TaughtGestures, OfAWandAreKnownAfterFiveExamples) {
    GANGLION_NEEDS_SHARED("data/motion/manifest.csv");
    const auto project =
        project::read(std::filesystem::path(GANGLION_SOURCE_DIR) / "apps/motion/gestures.toml");
    EXPECT_GE(teach(project, "wand_spells/", "gesture").share(), 0.90);
}

TEST(TaughtGestures, DigitsDrawnInTheAirAreKnownAfterFiveExamples) {
    GANGLION_NEEDS_SHARED("data/motion/manifest.csv");
    auto project =
        project::read(std::filesystem::path(GANGLION_SOURCE_DIR) / "apps/motion/gestures.toml");
    project.sensor.channels = 2;
    project.sensor.columns = {"x", "y"};
    project.sensor.units_per_lsb = {0.001, 0.001};
    auto& numbers = project.features.parameters;
    numbers["group"] = {2};
    numbers["active_first"] = {0};
    numbers["active_count"] = {2};
    numbers["active_step"] = {1};  // positions: a step tells movement
    numbers["threshold"] = {10};
    numbers["most"] = {255};
    numbers["least_rms"] = {20, 20};
    EXPECT_GE(teach(project, "wand_digits/", "stroke").share(), 0.90);
}

}  // namespace
}  // namespace ganglion::train
