#include "train/fit/fit.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <numbers>
#include <set>

#include "train/evaluate/agreement.hpp"
#include "train/fit/feature_cache.hpp"
#include "train/fit/fit_autoencoder.hpp"
#include "train/quantize/to_graph.hpp"
#include "train/recordings/audio.hpp"
#include "train/synthesis/random.hpp"

namespace ganglion::train {
namespace {

constexpr const char* toml = R"([application]
name = "chirp"
version = "1.0.0"
[sensor]
kind = "microphone"
rate_hz = 16000
[features]
kind = "log_mel"
window = 480
hop = 320
bands = 16
low_hz = 100
high_hz = 7000
frames = 25
stride = 2
[network]
kind = "ds_cnn"
channels = [8, 8, 8]
epochs = 2
batch = 16
learning_rate = 0.01
seed = 3
[decision]
kind = "class"
labels = ["other", "chirp"]
label = "chirp"
average = 2
threshold = 500
minimum_gap_ms = 500
[budget]
alerts_per_hour = 1
)";

std::string bytes_of(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// A tone that rises ("chirp") or falls within 0.4 s, in noise.
std::vector<int16_t> sweep(bool rising, Random& random) {
    std::vector<int16_t> samples(24000);
    double phase = 0;
    const double bottom = random.uniform(300, 500);
    for (size_t i = 0; i < samples.size(); ++i) {
        const double t = (static_cast<double>(i) - 8000) / 6400;
        const double at = rising ? t : 1 - t;
        phase += 2 * std::numbers::pi * bottom * std::exp(2 * at) / 16000;
        const double tone = t >= 0 && t < 1 ? 6000 * std::sin(phase) : 0;
        samples[i] = static_cast<int16_t>(std::lrint(tone + 30 * random.normal()));
    }
    return samples;
}

class FitTest : public testing::Test {
  protected:
    void SetUp() override {
        folder_ = std::filesystem::temp_directory_path() /
                  fmt::format("ganglion_fit_{}_{}", ::getpid(),
                              testing::UnitTest::GetInstance()->current_test_info()->name());
        std::filesystem::create_directories(folder_ / "data");
        std::ofstream manifest(folder_ / "data" / "manifest.csv");
        manifest << "file,label,group,split,role\n";
        Random random(1);
        for (const auto& [split, count] : {std::pair{"train", 6}, {"val", 4}, {"test", 6}}) {
            for (int i = 0; i < 2 * count; ++i) {
                const bool rising = i % 2 == 0;
                const auto name = fmt::format("{}{}.wav", split, i);
                write_wav(folder_ / "data" / name, sweep(rising, random), 16000);
                manifest << name << (rising ? ",chirp," : ",fall,") << name << ',' << split
                         << ",word\n";
            }
        }
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    TrainResult train(const char* name, const StopFlag* stop = nullptr) {
        const auto app = folder_ / name;
        std::filesystem::create_directories(app);
        std::ofstream(app / "ganglion.toml") << toml;
        TrainOptions options;
        options.data = folder_ / "data";
        options.work_dir = folder_ / "work";
        options.synthetic_speech = false;
        options.stop = stop;
        return fit(project::read(app / "ganglion.toml"), options, [&](const Progress& p) {
            EXPECT_GE(p.fraction, 0);
            EXPECT_LE(p.fraction, 1);
            EXPECT_GE(p.seconds_left, 0);
            phases_.insert(p.phase);
            if (stop_at_) stop_at_(p);
        });
    }

    std::filesystem::path folder_;
    std::set<std::string> phases_;
    std::function<void(const Progress&)> stop_at_;
};

TEST_F(FitTest, FromRecordingsToAJudgedModelTwiceTheSame) {
    const auto one = train("one");
    for (const char* phase : {"features", "fit", "validation", "test"})
        EXPECT_TRUE(phases_.contains(phase)) << phase;
    const auto report = nlohmann::json::parse(bytes_of(one.report));
    EXPECT_EQ(report["test"]["words"], 6);
    EXPECT_LE(report["test"]["missed"].get<int>(), 1);
    EXPECT_LT(report["model"]["quantization"]["mean_difference"].get<double>(), 0.05);
    const auto project = project::read(folder_ / "one" / "ganglion.toml");
    EXPECT_EQ(project.decision.threshold, one.threshold);
    EXPECT_NE(bytes_of(one.card).find("## How well it does"), std::string::npos);
    // The second run takes its features from the first one's work folder and must come to the same
    // bits.
    const auto two = train("two");
    EXPECT_EQ(bytes_of(one.model), bytes_of(two.model));
    EXPECT_EQ(bytes_of(one.report), bytes_of(two.report));
}

TEST_F(FitTest, AFitThatIsStoppedGoesOnToTheSameBits) {
    const auto whole = train("whole");
    StopFlag stop = false;
    size_t steps = 0;
    stop_at_ = [&](const Progress& p) {
        // 200 steps, told each tenth: within the second epoch, when hard negatives are known.
        if (p.phase == "fit" && ++steps == 13) stop = true;
    };
    const auto broken = train("broken", &stop);
    const auto checkpoint = folder_ / "work" / "chirp.checkpoint";
    EXPECT_TRUE(std::filesystem::exists(checkpoint));
    EXPECT_NE(bytes_of(broken.model), bytes_of(whole.model));
    stop = false;
    stop_at_ = nullptr;
    const auto resumed = train("broken", &stop);
    EXPECT_EQ(bytes_of(resumed.model), bytes_of(whole.model));
    EXPECT_FALSE(std::filesystem::exists(checkpoint));
}

TEST_F(FitTest, StoppingBeforeThereIsAModelSaysSo) {
    const StopFlag stop = true;
    try {
        train("stopped", &stop);
        ADD_FAILURE();
    } catch (const std::runtime_error& error) {
        EXPECT_STREQ(error.what(), "stopped before there was a model to keep");
    }
}

TEST_F(FitTest, ADamagedCacheCountsAsAbsent) {
    WordFrames frames;
    frames.positives.push_back({{1, 2, 3, 4}, 2, 0, 1});
    const auto file = folder_ / "cache";
    save_frames(file, "key", frames);
    WordFrames back;
    ASSERT_TRUE(load_frames(file, "key", back));
    EXPECT_EQ(back.positives[0].values, frames.positives[0].values);
    EXPECT_EQ(back.positives[0].word_end, 1);
    EXPECT_FALSE(load_frames(file, "other key", back));
    auto bytes = bytes_of(file);
    bytes[bytes.size() - 1] = static_cast<char>(bytes.back() ^ 1);
    std::ofstream(file, std::ios::binary) << bytes;
    EXPECT_FALSE(load_frames(file, "key", back));
}

TEST(Autoencoder, LearnsWhatGoesTogether) {
    project::Project project;
    project.application.name = "pairs";
    project.features.bands = 8;
    project.features.frames = 1;
    project.network.channels = {6, 3};
    project.network.epochs = 30;
    project.network.batch = 32;
    project.network.learning_rate = 0.01;
    Random random(1);
    const auto window = [&](bool broken) {
        // Two hidden numbers make eight; in a broken window the values no longer go together.
        const double a = random.normal(), b = random.normal();
        std::vector<int8_t> values;
        for (int i = 0; i < 8; ++i) {
            const double value = broken       ? 1.5 * random.normal()
                                 : i % 2 == 0 ? a
                                              : (i < 4 ? b : a + b);
            values.push_back(static_cast<int8_t>(std::clamp(20 * value, -128.0, 127.0)));
        }
        return values;
    };
    std::vector<int8_t> normal;
    for (int i = 0; i < 2000; ++i) {
        const auto values = window(false);
        normal.insert(normal.end(), values.begin(), values.end());
    }
    const StopFlag stop = false;
    const auto network = fit_autoencoder(
        project, normal, [](const Progress&) {}, stop);
    const auto error = [&](const std::vector<int8_t>& values) {
        std::vector<float> input;
        for (const int8_t q : values) input.push_back(static_cast<float>(q) / 16);
        const auto output = run_float(network, input);
        double sum = 0;
        for (size_t i = 0; i < input.size(); ++i)
            sum += (input[i] - output[i]) * (input[i] - output[i]);
        return sum;
    };
    double healthy = 0, broken = 0;
    for (int i = 0; i < 200; ++i) {
        healthy += error(window(false));
        broken += error(window(true));
    }
    EXPECT_GT(broken, 4 * healthy);
    EXPECT_LT(compare(network, to_graph(network), normal).mean, 0.05);
}

}  // namespace
}  // namespace ganglion::train
