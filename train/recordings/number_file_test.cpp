#include "train/recordings/number_file.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>

#include "train/synthesis/scratch_folder.hpp"

namespace ganglion::train {
namespace {

class NumberFile : public testing::Test {
  protected:
    std::filesystem::path write(const std::string& name, const std::string& bytes) const {
        std::ofstream(folder_.path() / name, std::ios::binary) << bytes;
        return folder_.path() / name;
    }
    static std::string npy(const std::string& type, const std::string& shape,
                           const std::string& data) {
        const std::string heading =
            "{'descr': '" + type + "', 'fortran_order': False, 'shape': (" + shape + "), }\n";
        std::string bytes("\x93NUMPY\x01\x00", 8);
        bytes += static_cast<char>(heading.size());
        bytes += '\0';
        return bytes + heading + data;
    }
    ScratchFolder folder_;
};

TEST_F(NumberFile, ReadsNumpyAndRawFloats) {
    const std::array<float, 3> values{1.5F, -2, 1e9F};
    const std::string raw(reinterpret_cast<const char*>(values.data()), sizeof values);
    const std::vector<float> expected(values.begin(), values.end());
    EXPECT_EQ(read_numbers(write("a.bin", raw)), expected);
    EXPECT_EQ(read_numbers(write("a.npy", npy("<f4", "3, 1", raw))), expected);
    EXPECT_EQ(read_numbers(write("b.npy", npy("|i1", "2,", "\xff\x02"))),
              (std::vector<float>{-1, 2}));
}

TEST_F(NumberFile, RefusesWhatIsNotWhole) {
    EXPECT_THROW(read_numbers(write("a.bin", "12345")), std::runtime_error);
    EXPECT_THROW(read_numbers(write("a.npy", npy("<f4", "3, 1", "12345678"))), std::runtime_error);
    EXPECT_THROW(read_numbers(write("b.npy", npy("<c8", "1,", "12345678"))), std::runtime_error);
    EXPECT_THROW(read_numbers(write("c.npy", std::string("\x93NUMPY\x01\x00\xff\xff__", 12))),
                 std::runtime_error);
    EXPECT_THROW(read_numbers(folder_.path() / "absent"), std::runtime_error);
}

TEST_F(NumberFile, ReadsClassesFromLines) {
    EXPECT_EQ(read_class_numbers(write("a.csv", "index,file,label\n0,a_6.bin,7\r\n1,b.bin,12\n")),
              (std::vector<uint32_t>{7, 12}));
    EXPECT_EQ(read_class_numbers(write("a.txt", "3\n0")), (std::vector<uint32_t>{3, 0}));
    EXPECT_THROW(read_class_numbers(write("b.txt", "3\nfour\n")), std::runtime_error);
}

}  // namespace
}  // namespace ganglion::train
