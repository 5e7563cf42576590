#include "train/fit/hard_negatives.hpp"

#include <gtest/gtest.h>

#include "train/fit/fit_spotter.hpp"
#include "train/synthesis/random.hpp"

namespace ganglion::train {
namespace {

constexpr int32_t kBands = 16;
constexpr int32_t kWindow = 25;

Track random_track(int32_t frames, Random random) {
    Track track;
    track.frames = frames;
    for (int32_t i = 0; i < frames * kBands; ++i)
        track.values.push_back(static_cast<int8_t>(static_cast<int>(random.below(256)) - 128));
    return track;
}

TEST(HardNegatives, AreWhereTheNetworkSaysSoOfTheWindowAlone) {
    torch::manual_seed(5);
    project::Project project;
    project.features.bands = kBands;
    project.features.frames = kWindow;
    project.network.channels = {8, 8, 8};
    project.decision.labels = {"other", "word"};
    Net net(spotter_layers(project));
    WordFrames frames;
    size_t half_seconds = 0;
    // Longer together than one chain; of odd lengths; one too short for a window.
    for (const int32_t length : {60, 24, 7001, 4000, 25, 5003, 90}) {
        frames.negatives.push_back(random_track(length, Random(static_cast<uint64_t>(length))));
        const int32_t windows = (length - kWindow) / kSpotterStepFrames + 1;
        if (length >= kWindow) half_seconds += static_cast<size_t>(windows + 11) / 12;
    }
    const auto spots = find_hard_negatives(net, frames, kBands, kWindow, 0, 1);
    ASSERT_GT(half_seconds, 600U);
    ASSERT_EQ(spots.size(), 600U) << "a fresh network is sure of nothing";
    net.eval();
    const torch::NoGradGuard guard;
    for (size_t i = 0; i < spots.size(); i += 7) {
        const auto& track = frames.negatives.at(spots[i].track);
        const int32_t first = spots[i].last_frame - kWindow + 1;
        ASSERT_GE(first, 0);
        ASSERT_LT(spots[i].last_frame, track.frames);
        auto x = torch::empty({1, kBands, kWindow});
        for (int32_t t = 0; t < kWindow; ++t)
            for (int32_t v = 0; v < kBands; ++v)
                x[0][v][t] = track.values.at(static_cast<size_t>((first + t) * kBands + v)) *
                             kSpotterInputScale;
        const auto p = torch::softmax(net.forward(x), 1)[0][1][0].item<float>();
        EXPECT_NEAR(p, spots[i].probability, 1e-4F) << "spot " << i;
    }
}

}  // namespace
}  // namespace ganglion::train
