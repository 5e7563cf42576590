#include "train/recordings/audio.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <fstream>
#include <numbers>
#include <string>

#include "train/synthesis/random.hpp"

namespace ganglion::train {
namespace {

class AudioTest : public testing::Test {
  protected:
    void SetUp() override {
        folder_ = std::filesystem::temp_directory_path() /
                  ("ganglion_audio_" + std::to_string(::getpid()) + "_" +
                   testing::UnitTest::GetInstance()->current_test_info()->name());
        std::filesystem::create_directories(folder_);
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    std::filesystem::path put(const char* name, const std::string& bytes) const {
        std::ofstream(folder_ / name, std::ios::binary) << bytes;
        return folder_ / name;
    }
    static std::string error_of(const std::filesystem::path& file) {
        try {
            read_audio(file, 16000);
        } catch (const std::runtime_error& error) {
            return error.what();
        }
        return "";
    }
    static std::vector<int16_t> tone(double hz, uint32_t rate_hz, size_t count) {
        std::vector<int16_t> samples(count);
        for (size_t i = 0; i < count; ++i) {
            samples[i] = static_cast<int16_t>(std::lrint(
                10000 * std::sin(2 * std::numbers::pi * hz * static_cast<double>(i) / rate_hz)));
        }
        return samples;
    }

    std::filesystem::path folder_;
};

TEST_F(AudioTest, WavComesBackBitForBit) {
    const auto samples = tone(440, 16000, 4000);
    write_wav(folder_ / "a.wav", samples, 16000);
    const auto audio = read_audio(folder_ / "a.wav", 16000);
    EXPECT_EQ(audio.rate_hz, 16000U);
    EXPECT_EQ(audio.samples, samples);
}

TEST_F(AudioTest, ResamplingKeepsLengthLoudnessAndPitch) {
    write_wav(folder_ / "a.wav", tone(1000, 44100, 44100), 44100);
    const auto audio = read_audio(folder_ / "a.wav", 16000);
    EXPECT_NEAR(static_cast<double>(audio.samples.size()), 16000, 2);
    double in_phase = 0, quadrature = 0;
    for (size_t i = 1000; i < 15000; ++i) {
        const double angle = 2 * std::numbers::pi * 1000 * static_cast<double>(i) / 16000;
        in_phase += audio.samples[i] * std::sin(angle) / 7000;
        quadrature += audio.samples[i] * std::cos(angle) / 7000;
    }
    EXPECT_NEAR(std::hypot(in_phase, quadrature), 10000, 100);
}

TEST_F(AudioTest, TextIsCalledText) {
    const auto error = error_of(put("note.wav", "this is a shopping list\nmilk\nbread\n"));
    EXPECT_NE(error.find("note.wav: this is text, not audio; give a WAV or FLAC file"),
              std::string::npos)
        << error;
    EXPECT_EQ(error.find('\n'), std::string::npos);
}

TEST_F(AudioTest, EmptyAbsentFolderAndBinaryRubbish) {
    EXPECT_NE(error_of(put("e.wav", "")).find("empty"), std::string::npos);
    EXPECT_NE(error_of(folder_ / "absent.wav").find("cannot be opened"), std::string::npos);
    EXPECT_NE(error_of(folder_).find("folder"), std::string::npos);
    EXPECT_NE(error_of(put("r.wav", std::string("\x01\x02\xff\x80\x00zz", 7)))
                  .find("not readable as audio"),
              std::string::npos);
}

TEST_F(AudioTest, TruncatedWavAndFlacAreRefused) {
    write_wav(folder_ / "a.wav", tone(440, 16000, 16000), 16000);
    std::ifstream in(folder_ / "a.wav", std::ios::binary);
    const std::string whole((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    for (const size_t keep : {whole.size() - 2, whole.size() / 2, size_t{44}, size_t{30}}) {
        const auto error = error_of(put("cut.wav", whole.substr(0, keep)));
        EXPECT_NE(error.find("truncated"), std::string::npos) << keep << ": " << error;
    }
}

TEST_F(AudioTest, DamagedHeadersNeverCrash) {
    write_wav(folder_ / "a.wav", tone(440, 16000, 2000), 16000);
    std::ifstream in(folder_ / "a.wav", std::ios::binary);
    const std::string whole((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    Random random(5);
    size_t refused = 0;
    for (int round = 0; round < 400; ++round) {
        std::string bytes = whole;
        for (uint64_t n = 1 + random.below(6); n > 0; --n) {
            bytes[random.below(round % 2 == 0 ? 60 : bytes.size())] =
                static_cast<char>(random.below(256));
        }
        if (random.chance(0.2)) bytes.resize(random.below(bytes.size()));
        try {
            decode_audio(std::as_bytes(std::span(bytes)), "mutated.wav", 16000);
        } catch (const std::runtime_error& error) {
            ++refused;
            EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
        }
    }
    EXPECT_GT(refused, 50U);
}

}  // namespace
}  // namespace ganglion::train
