#include "train/search/search.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numbers>

#include "train/evaluate/device_run.hpp"
#include "train/recordings/audio.hpp"
#include "train/search/candidate_cost.hpp"
#include "train/synthesis/random.hpp"

namespace ganglion::train {
namespace {

constexpr const char* toml = R"([application]
name = "tones"
version = "1.0.0"
[sensor]
kind = "microphone"
rate_hz = 16000
[features]
kind = "log_mel"
window = 480
hop = 320
bands = 20
low_hz = 100
high_hz = 7000
frames = 20
stride = 2
[network]
kind = "ds_cnn"
channels = [16, 16]
epochs = 9
batch = 16
learning_rate = 0.01
seed = 3
[model]
file = "model.tflite"
[decision]
kind = "classes"
labels = ["low", "high"]
thresholds = [500, 500]
[budget]
alerts_per_hour = 60
)";

const StopFlag never = false;

class SearchTest : public testing::Test {
  protected:
    void SetUp() override {
        folder_ = std::filesystem::temp_directory_path() /
                  fmt::format("ganglion_search_{}_{}", getpid(),
                              testing::UnitTest::GetInstance()->current_test_info()->name());
        std::filesystem::create_directories(folder_ / "data");
        std::ofstream(folder_ / "ganglion.toml") << toml;
        std::ofstream manifest(folder_ / "data" / "manifest.csv");
        manifest << "file,label,group,split\n";
        Random random(1);
        for (const auto& [split, count] : {std::pair{"train", 8}, {"val", 6}, {"test", 2}}) {
            for (int i = 0; i < count; ++i) {
                const bool high = i % 2 == 0;
                const auto name = fmt::format("{}{}.wav", split, i);
                write_wav(folder_ / "data" / name, tone(high ? 2000 : 400, random), 16000);
                manifest << name << (high ? ",high," : ",low,") << name << ',' << split << '\n';
            }
        }
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    static std::vector<int16_t> tone(double hz, Random& random) {
        std::vector<int16_t> samples(12800);
        for (size_t i = 0; i < samples.size(); ++i) {
            const double angle = 2 * std::numbers::pi * hz * static_cast<double>(i) / 16000;
            samples[i] = static_cast<int16_t>(3000 * std::sin(angle) + 300 * random.normal());
        }
        return samples;
    }

    SearchResult run(const char* work, size_t parallel, const char* budget = "ram=8KB,flash=24KB") {
        SearchOptions options;
        options.data = folder_ / "data";
        options.work_dir = folder_ / work;
        options.budget = budget;
        options.candidates = 4;
        options.parallel = parallel;
        return search(
            project::read(folder_ / "ganglion.toml"), options, [](const Progress&) {}, never);
    }

    static std::string text_of(const std::filesystem::path& file) {
        std::ifstream in(file, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    }

    std::filesystem::path folder_;
};

TEST_F(SearchTest, PicksWithinTheBudgetTheSameAfterAKillAndWhateverRunsAtATime) {
    const auto result = run("one", 2);
    const auto& best = result.tried.front();
    EXPECT_TRUE(best.picked);
    EXPECT_EQ(best.epochs, 9U);
    EXPECT_LT(best.loss, 0.1) << "two tones are easy to tell apart";
    EXPECT_LE(best.cost.ram_bytes, 8192U);
    EXPECT_LE(best.cost.flash_bytes, 24576U);
    size_t fitted = 0, refused = 0;
    for (const auto& tried : result.tried) {
        fitted += tried.epochs > 0 ? 1 : 0;
        refused += tried.epochs == 0 ? 1 : 0;
        if (tried.epochs == 0) {
            EXPECT_THAT(tried.why_not, testing::HasSubstr(" of ")) << tried.name;
        }
    }
    EXPECT_EQ(fitted, 4U);
    EXPECT_GT(refused, 0U) << "a budget that nothing exceeds shows nothing";
    // The pick is whole: it is read, compiled and costs what the table says.
    const auto pick = project::read(result.pick / "ganglion.toml");
    const DeviceRun device(pick);
    EXPECT_EQ(device.ram_bytes(), best.cost.ram_bytes);
    EXPECT_EQ(device.bundle_bytes(), best.cost.flash_bytes);
    EXPECT_THAT(text_of(result.page), testing::HasSubstr("<circle class=pick"));

    // Killed after the second result: what is there is taken, the rest is computed, and the same
    // comes out, with one process at a time too.
    std::filesystem::create_directories(folder_ / "two" / "results");
    std::filesystem::copy(folder_ / "one" / "search-of.txt", folder_ / "two" / "search-of.txt");
    size_t copied = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / "one" / "results")) {
        if (entry.path().filename().string().find("-1e.") != std::string::npos && copied++ < 4)
            std::filesystem::copy(entry.path(),
                                  folder_ / "two" / "results" / entry.path().filename());
    }
    const auto again = run("two", 1);
    EXPECT_EQ(text_of(again.table), text_of(result.table));
    EXPECT_EQ(text_of(again.pick / "model.tflite"), text_of(result.pick / "model.tflite"));
}

TEST_F(SearchTest, RefusesAFolderOfAnotherSearchAndABudgetThatNothingKeeps) {
    EXPECT_THROW(run("small", 1, "ram=1KB"), std::runtime_error);
    try {
        run("small", 1, "ram=2KB");
        ADD_FAILURE();
    } catch (const std::runtime_error& error) {
        EXPECT_THAT(error.what(), testing::HasSubstr("holds another search"));
    }
}

TEST_F(SearchTest, CostBeforeFittingIsThatOfTheBundle) {
    const auto project = project::read(folder_ / "ganglion.toml");
    const auto cost = cost_before_fitting(project);
    EXPECT_GT(cost.ram_bytes, 1000U);
    EXPECT_GT(cost.macs, 1000U);
    EXPECT_DOUBLE_EQ(cost.inferences_per_second, 25);
    auto wider = project;
    wider.network.channels = {64, 64};
    EXPECT_GT(cost_before_fitting(wider).flash_bytes, cost.flash_bytes);
    EXPECT_GT(cost_before_fitting(wider).instructions, cost.instructions);
}

}  // namespace
}  // namespace ganglion::train
