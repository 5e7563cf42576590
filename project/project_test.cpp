#include "project/project.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <stdexcept>

#include "paths.hpp"
#include "project/spoken.hpp"
#include "project/testing/documented_projects.hpp"

namespace ganglion::project {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

using tests::documented_examples;

std::string wake_word() {
    return documented_examples().at(0);
}
std::string machine() {
    return documented_examples().at(1);
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const size_t at = text.find(from);
    if (at == std::string::npos) throw std::logic_error("not in the example: " + from);
    return text.replace(at, from.size(), to);
}

std::string error_of(const std::string& text) {
    try {
        parse(text, "app/ganglion.toml");
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "no error";
}

TEST(Project, ReadsTheDocumentedWakeWord) {
    const Project project = parse(wake_word(), "app/ganglion.toml");
    EXPECT_EQ(project.application.name, "wake_word");
    EXPECT_EQ(project.application.title, "Wake word \"Alexa\"");
    EXPECT_EQ(project.sensor.kind, Sensor::microphone);
    EXPECT_EQ(project.sensor.rate_hz, 16000U);
    EXPECT_EQ(project.sensor.channels, 1U);
    EXPECT_EQ(project.features.kind, Features::log_mel);
    EXPECT_EQ(project.features.fft_size, 512U);
    EXPECT_EQ(project.features.spacing, Spacing::mel);
    EXPECT_EQ(project.features.frames, 49U);
    EXPECT_EQ(project.features.stride, 3U);
    EXPECT_EQ(project.frame_values(), 40U);
    EXPECT_EQ(project.decision.label, 1U);
    EXPECT_EQ(project.decision.average, 3U);
    EXPECT_EQ(project.action.gate_ms, 2000U);
    EXPECT_FALSE(project.action.stop_line);
    EXPECT_EQ(project.budget.ram_bytes, 65536U);
    EXPECT_EQ(project.budget.instructions, 250'000U);
    EXPECT_EQ(project.model_file, std::filesystem::path("app/model.tflite"));
}

TEST(Project, ReadsTheDocumentedMachine) {
    const Project project = parse(machine(), "ganglion.toml");
    EXPECT_EQ(project.features.kind, Features::spectrum_bands);
    EXPECT_EQ(project.features.fft_size, 1024U);
    EXPECT_EQ(project.features.spacing, Spacing::linear);
    EXPECT_EQ(project.frame_values(), 27U);
    EXPECT_EQ(project.decision.kind, DecisionRule::reconstruction_error);
    EXPECT_DOUBLE_EQ(project.decision.full_scale, 4.0);
    EXPECT_EQ(project.running_normal_frames, 200U);
    EXPECT_TRUE(project.action.stop_line);
    EXPECT_FALSE(project.budget.ram_bytes.has_value());
    EXPECT_EQ(project.model_file, std::filesystem::path("model.tflite"));
}

TEST(Project, AGatesModelMayStream) {
    const std::string gate =
        "[gate]\nmodel = \"word.tflite\"\nstreaming = true\nframes = 10\nstride = 2\n"
        "hold_ms = 500\nkind = \"class\"\nlabels = [\"other\", \"word\"]\nlabel = \"word\"\n"
        "threshold = 700\n";
    const Project project = parse(wake_word() + gate, "app/ganglion.toml");
    ASSERT_EQ(project.gates.size(), 1U);
    EXPECT_TRUE(project.gates[0].streaming);
    EXPECT_EQ(project.gates[0].stride, 2U);
    EXPECT_EQ(project.gates[0].model_file, std::filesystem::path("app/word.tflite"));
    EXPECT_FALSE(project.streaming);
}

TEST(Project, ASoundGateNeedsFramesAtAnEvenPace) {
    const std::string gate = "[sound_gate]\nratio = 2.5\nleast = 40\nhold_ms = 160\n";
    const auto read = parse(wake_word() + gate, "app/ganglion.toml").sound_gate;
    ASSERT_TRUE(read);
    EXPECT_EQ(read->ratio, 2.5);
    EXPECT_EQ(read->least, 40U);
    EXPECT_EQ(read->hold_ms, 160U);
    EXPECT_EQ(read->floor_ms, 500U);
    EXPECT_FALSE(parse(wake_word(), "app/ganglion.toml").sound_gate);
    EXPECT_THAT(error_of(wake_word() + "[sound_gate]\nleast = 1\n"),
                HasSubstr("sound_gate.ratio: is missing"));
    EXPECT_THAT(error_of(wake_word() + "[sound_gate]\nratio = 0.5\n"),
                HasSubstr("sound_gate.ratio: 0.5 is out of range"));
    EXPECT_THAT(
        error_of(wake_word() + gate + "preroll_ms = 301\n"),
        HasSubstr(
            "sound_gate.preroll_ms: 301 is out of range; write a whole number from 0 to 300"));
    EXPECT_THAT(error_of(machine() + gate),
                HasSubstr("learn.running_normal_frames: stands beside [sound_gate]"));
    EXPECT_THAT(error_of(replaced(wake_word(), "hop = 320", "hop = 321") + gate),
                HasSubstr("needs one channel and features with an even hop"));
}

struct Wrong {
    std::string from;
    std::string to;
    std::string message;
};

TEST(Project, RefusesWrongValuesWithFileLineKeyAndAdvice) {
    const std::vector<Wrong> cases = {
        {"rate_hz = 16000", "rate_hz = 0",
         "app/ganglion.toml:9: sensor.rate_hz: 0 is out of range; write a whole number from 1 to "
         "1000000"},
        {"rate_hz = 16000", "rate_hz = \"16k\"",
         "app/ganglion.toml:9: sensor.rate_hz: is not a whole number; write a whole number from 1 "
         "to 1000000"},
        {"rate_hz = 16000", "",
         "app/ganglion.toml:7: sensor.rate_hz: is missing; write a whole number from 1 to 1000000"},
        {"rate_hz = 16000", "rate_hz = 16000\nrate = 1",
         "app/ganglion.toml:10: sensor.rate: is not known; write one of channels, columns, kind, "
         "period_s, rate_hz, unit, unit_per_lsb"},
        {"kind = \"microphone\"", "kind = \"camera\"",
         "app/ganglion.toml:8: sensor.kind: \"camera\" is not known; write \"microphone\", "
         "\"accelerometer\", \"imu\", "},
        {"window = 480 ", "window = 481 ",
         "app/ganglion.toml:13: features.window: 481 is odd; write an even number of samples"},
        {"hop = 320", "hop = 500",
         "app/ganglion.toml:14: features.hop: 500 is out of range; write a whole number from 1 to "
         "480"},
        {"hop = 320", "fft_size = 768\nhop = 320",
         "app/ganglion.toml:14: features.fft_size: 768 is not a power of two; write 1024"},
        {"high_hz = 7600", "high_hz = 8001",
         "app/ganglion.toml:17: features.high_hz: is above half the sampling rate; write at most "
         "8000"},
        {"low_hz = 60", "low_hz = 7600",
         "app/ganglion.toml:16: features.low_hz: is not below high_hz; write a smaller number"},
        {"low_hz = 60", "low_hz = nan", "app/ganglion.toml:16: features.low_hz: nan is out of"},
        {"label = \"alexa\"", "label = \"alex\"",
         "app/ganglion.toml:27: decision.label: \"alex\" is not in labels; write one of labels"},
        {"[\"other\", \"alexa\"]", "[\"alexa\", \"alexa\"]",
         "app/ganglion.toml:26: decision.labels: \"alexa\" is empty, too long or there twice; "},
        {"[\"other\", \"alexa\"]", "[]", "app/ganglion.toml:26: decision.labels: has 0 entries; "},
        {"[\"other\", \"alexa\"]", "\"alexa\"",
         "app/ganglion.toml:26: decision.labels: is not a list; "},
        {"name = \"wake_word\"", "name = \"Wake Word\"",
         "app/ganglion.toml:2: application.name: \"Wake Word\" is not a name; "},
        {"average = 3", "average = 33",
         "app/ganglion.toml:28: decision.average: 33 is out of range; write a whole number from 1 "
         "to 32"},
        {"[sensor]", "[sensors]",
         "app/ganglion.toml:7: sensors: is not known; write one of application, sensor, "},
        {"[action]", "[learn]\nrunning_normal_frames = 5\n[action]",
         "app/ganglion.toml:33: learn.running_normal_frames: only spectrum_bands learns"},
        {"gate_ms = 2000", "stop_line = 1",
         "app/ganglion.toml:33: action.stop_line: is not a truth value; write true or false"},
        {"version = \"1.0.0\"", "version = 1.0",
         "app/ganglion.toml:3: application.version: is not a text in quotes; "},
        {"[sensor]", "[sensor", "app/ganglion.toml:7: "},
    };
    for (const Wrong& wrong : cases) {
        const std::string error = error_of(replaced(wake_word(), wrong.from, wrong.to));
        EXPECT_THAT(error, StartsWith(wrong.message)) << wrong.to;
        EXPECT_EQ(error.find('\n'), std::string::npos) << error;
    }
}

TEST(Project, RefusesWhatDoesNotFitTheKind) {
    EXPECT_THAT(error_of(replaced(machine(), "full_scale = 4.0", "")),
                HasSubstr("decision.full_scale: is missing"));
    EXPECT_THAT(error_of(replaced(wake_word(), "stride = 3", "time_features = true")),
                HasSubstr("features.time_features: only spectrum_bands has them; write false"));
    EXPECT_THAT(error_of(replaced(machine(), "stride = 1", "normalise_seconds = 2")),
                HasSubstr("features.normalise_seconds: only log_mel has it"));
    EXPECT_THAT(error_of(replaced(wake_word(), "rate_hz = 16000", "rate_hz = 16000\nchannels = 2")),
                HasSubstr("features.kind: log_mel takes one channel"));
    EXPECT_THAT(error_of(replaced(replaced(machine(), "low_hz = 50", "low_hz = 0"), "\"linear\"",
                                  "\"log\"")),
                HasSubstr("features.low_hz: is 0, which log spacing cannot start from"));
    EXPECT_THAT(error_of("sensor = 1\n[application]\nname=\"a\"\nversion=\"1\"\n"),
                HasSubstr("app/ganglion.toml:1: sensor is a value; write a section [sensor]"));
    EXPECT_THAT(error_of(""), HasSubstr("[application] is missing; add this section"));
}

TEST(Project, TrainingSaysHowSlowlyWordsAreSpoken) {
    const auto file = std::filesystem::path(testing::TempDir()) / "ganglion_tempo.toml";
    const auto with = [&](const char* training) {
        std::ofstream(file) << training;
        return read_spoken(file).slowest_tempo;
    };
    EXPECT_EQ(with(""), 0.65);
    EXPECT_EQ(with("[training]\nslowest_tempo = 0.85\n"), 0.85);
    try {
        with("[training]\nslowest_tempo = 0.2\n");
        FAIL();
    } catch (const std::runtime_error& error) {
        EXPECT_THAT(error.what(), testing::HasSubstr("slowest_tempo"));
    }
    std::filesystem::remove(file);
}

TEST(Project, NamesAFileThatCannotBeRead) {
    EXPECT_THROW(
        try { read("/nonexistent/ganglion.toml"); } catch (const std::runtime_error& error) {
            EXPECT_THAT(error.what(), HasSubstr("/nonexistent/ganglion.toml: cannot be read"));
            throw;
        },
        std::runtime_error);
    EXPECT_THROW(read(GANGLION_SOURCE_DIR), std::runtime_error);
}

// Any bytes at all: a project that is fully checked, or one runtime_error; never anything else.
TEST(Project, SurvivesMutations) {
    std::minstd_rand random(7);
    const std::vector<std::string> originals = documented_examples();
    int accepted = 0;
    for (int round = 0; round < 3000; ++round) {
        std::string text = originals[round % 2];
        const size_t changes = 1 + random() % 3;
        for (size_t i = 0; i < changes; ++i) {
            const size_t at = random() % text.size();
            switch (random() % 3) {
                case 0:
                    text[at] = static_cast<char>(random());
                    break;
                case 1:
                    text.erase(at, 1 + random() % 8);
                    break;
                default:
                    text.insert(at, text.substr(random() % text.size(), 1 + random() % 8));
            }
        }
        try {
            const Project project = parse(text, "ganglion.toml");
            ++accepted;
            EXPECT_LT(project.decision.label, project.decision.labels.size());
            EXPECT_LE(project.features.hop, project.features.window);
        } catch (const std::runtime_error&) {
            continue;
        }
    }
    EXPECT_GT(accepted, 100);  // comments, titles and numbers may change
}

TEST(Project, RefusesALevelOfAValueThatTheFramesDoNotHave) {
    const std::string level =
        replaced(replaced(machine(), "kind = \"reconstruction_error\"", "kind = \"learner\""),
                 "full_scale = 4.0", "") +
        "\n[learner]\nkind = \"level\"\nchannel = 0\nlevel = 5\nwidth = 2\n";
    EXPECT_EQ(parse(level, "app/ganglion.toml").learner.kind, LearnerChoice::level);
    EXPECT_THAT(error_of(replaced(level, "channel = 0", "channel = 200")),
                HasSubstr("learner.channel: the features give"));
}

TEST(Share, IsReadAndRefusedWithAdvice) {
    const std::string share =
        "[share]\ncentre = [8, 13.5]\nradius = 0.25\nsigma = 0.5\nperiod_days = 90\n"
        "contributions = 2\n";
    const std::string learner =
        replaced(replaced(machine(), "kind = \"reconstruction_error\"", "kind = \"learner\""),
                 "full_scale = 4.0", "") +
        "\n[learner]\nkind = \"distance\"\nlearn_frames = 64\nrefuse = 300\n";
    const auto read = parse(learner + share, "app/ganglion.toml").share;
    ASSERT_TRUE(read);
    EXPECT_EQ(read->centre, (std::vector<double>{8, 13.5}));
    EXPECT_EQ(read->sigma, 0.5);
    EXPECT_EQ(read->wider, 0);
    EXPECT_EQ(read->contributions, 2U);
    EXPECT_FALSE(parse(learner, "app/ganglion.toml").share)
        << "nothing is shared unless it says so";
    EXPECT_THAT(error_of(machine() + share), HasSubstr("share.centre: there is no learner"));
    EXPECT_THAT(error_of(learner + replaced(share, "sigma = 0.5\n", "")), HasSubstr("share.sigma"));
    EXPECT_THAT(error_of(learner + replaced(share, "[8, 13.5]", "[1, 1, 1, 1, 1, 1, 1, 1, 1]")),
                HasSubstr("one to eight numbers"));
}

TEST(Compression, IsReadAndRefusedWithAdvice) {
    const auto with = [](const std::string& keys) {
        return error_of(wake_word() + "\n[compression]\n" + keys + "\n");
    };
    EXPECT_EQ(with("teacher = [64, 64]\nprune = 0.5\nweight_bits = 4\nclusters = 16"), "no error");
    EXPECT_THAT(with("weight_bits = 5"), HasSubstr("write 8 or 4"));
    EXPECT_THAT(with("clusters = 1"), HasSubstr("write 2 to 255"));
    EXPECT_THAT(with("prune = 1"), HasSubstr("compression.prune"));
    EXPECT_THAT(with("distil = 1"), HasSubstr("distil"));
}

}  // namespace
}  // namespace ganglion::project
