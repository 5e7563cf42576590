#include "train/recordings/table.hpp"

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <fstream>

#include "tests/shared.hpp"
#include "train/synthesis/random.hpp"

namespace ganglion::train {
namespace {

std::string error_of(std::string_view text) {
    try {
        parse_table(text, "m.csv");
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "";
}

std::filesystem::path temporary(const std::string& name) {
    return std::filesystem::temp_directory_path() / (std::to_string(::getpid()) + name);
}

TEST(Table, ReadsHeaderAndNumbers) {
    const auto table = parse_table("time, acc_g\n0,1.5\r\n0.1,-2e-3\n\n0.2,+4\n", "m.csv");
    EXPECT_EQ(table.names, (std::vector<std::string>{"time", "acc_g"}));
    EXPECT_EQ(table.columns[1], (std::vector<double>{1.5, -0.002, 4}));
    EXPECT_TRUE(parse_table("1\n2\n", "m.csv").names.empty());
}

TEST(Table, WordsAreNamedWithFileLineAndAdvice) {
    EXPECT_EQ(error_of("acc_g\n0.1\nhello\n0.2\n"),
              "m.csv: line 3, column 1: 'hello' is not a number; give numbers separated by commas, "
              "words only in the "
              "first line");
    EXPECT_NE(error_of("1,2\n3,nan\n").find("line 2, column 2: 'nan'"), std::string::npos);
    EXPECT_NE(error_of("1,2\n3\n").find("line 2: 1 values where 2 are expected"),
              std::string::npos);
    EXPECT_NE(error_of("a,b\n1,2,3\n").find("3 values where 2"), std::string::npos);
    EXPECT_NE(error_of("").find("holds no numbers"), std::string::npos);
    EXPECT_NE(error_of("only words here\n").find("holds no numbers"), std::string::npos);
}

TEST(Table, RandomBytesNeverCrash) {
    Random random(3);
    constexpr std::string_view alphabet = "0123456789.,-+e\n\r\"ab \t";
    size_t refused = 0;
    for (int round = 0; round < 2000; ++round) {
        std::string text;
        for (uint64_t n = random.below(60); n > 0; --n) {
            text += random.chance(0.95) ? alphabet[random.below(alphabet.size())]
                                        : static_cast<char>(random.below(256));
        }
        const auto error = error_of(text);
        refused += error.empty() ? 0 : 1;
        EXPECT_EQ(error.find('\n'), std::string::npos) << text;
    }
    EXPECT_GT(refused, 1000U);
}

TEST(Table, CutGzipIsRefused) {
    const auto file = temporary("cut.csv.gz");
    gzFile out = gzopen(file.c_str(), "wb");
    for (int i = 0; i < 5000; ++i) gzprintf(out, "%d\n", i * 7919 % 10007);
    gzclose(out);
    EXPECT_EQ(read_table(file).columns[0].size(), 5000U);
    std::filesystem::resize_file(file, std::filesystem::file_size(file) / 2);
    try {
        read_table(file);
        ADD_FAILURE() << "a cut file was read";
    } catch (const std::runtime_error& error) {
        EXPECT_NE(std::string(error.what()).find("truncated or damaged"), std::string::npos)
            << error.what();
    }
    std::filesystem::remove(file);
}

TEST(Table, UnpackingStopsAtTheLimit) {
    const auto file = temporary("bomb.csv.gz");
    gzFile out = gzopen(file.c_str(), "wb");
    const std::string zeros(1 << 16, '0');
    for (int i = 0; i < 64; ++i) gzwrite(out, zeros.data(), static_cast<unsigned>(zeros.size()));
    gzclose(out);
    EXPECT_THROW(read_text(file, 1 << 20), std::runtime_error);
    std::filesystem::remove(file);
}

TEST(Vibration, BecomesCountsAndClips) {
    const auto file = temporary("v.csv");
    std::ofstream(file) << "acc_g\n0.5\n-0.25\n1000\n-1000\n";
    EXPECT_EQ(read_vibration_csv(file, 12000, 0.0005),
              (std::vector<int16_t>{1000, -500, 32767, -32768}));
    EXPECT_EQ(read_vibration_csv(file, 12000, 0.0005, {12000, "acc_g"}).size(), 4U);
    try {
        read_vibration_csv(file, 12000, 0.0005, {0, "speed"});
        ADD_FAILURE();
    } catch (const std::runtime_error& error) {
        EXPECT_NE(std::string(error.what()).find("no column 'speed'; its columns are: acc_g"),
                  std::string::npos);
    }
    std::filesystem::remove(file);
}

TEST(Vibration, RealRecording) {
    GANGLION_NEEDS_SHARED("data/vibration/cwru");
    const auto samples = read_vibration_csv(
        tests::shared_dir() / "data/vibration/cwru/de_ball007_load0.csv.gz", 12000, 0.0005);
    EXPECT_EQ(samples.size(), 36000U);
}

}  // namespace
}  // namespace ganglion::train
