#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "compile/chip/toolchain.hpp"
#include "compile/compile.hpp"
#include "compile/testing/golden.hpp"
#include "compile/testing/random_cases.hpp"
#include "compile/testing/reference.hpp"
#include "device/program/program.hpp"
#include "model/tflite.hpp"
#include "paths.hpp"

// Networks for the images of batch.hpp, and what they must give there.

namespace ganglion::chip {

namespace fs = std::filesystem;

/// A graph with the inputs and outputs of some runs.
struct BatchCase {
    std::string name;
    model::Graph graph;
    uint32_t runs = 0;
    std::vector<int8_t> inputs, outputs;  ///< one after another
};

inline BatchCase case_of(const compile::RandomCase& row, uint32_t seed) {
    compile::RandomGraph random(seed);
    BatchCase one{std::string(row.name) + " " + std::to_string(seed), row.make(random), 1, {}, {}};
    one.inputs = random.values(compile::reference::input_bytes(one.graph));
    one.outputs = compile::reference::Interpreter(one.graph, one.inputs).output();
    return one;
}

/// One of compile/fixtures: its runs, taken apart by the sizes of the compiled program's borders.
inline BatchCase case_of(const fs::path& fixture) {
    BatchCase one{fixture.stem().string(), model::read_tflite_file(fixture), 0, {}, {}};
    const compile::CompiledModel compiled =
        compile::compile(one.graph, compile::target_by_name("portable"));
    Program program;
    EXPECT_EQ(program.load(compiled.program), Status::ok);
    const std::vector<int8_t> values =
        compile::read_values(fs::path(fixture).replace_extension(".bin"));
    auto at = values.begin();
    const auto take = [&](std::vector<int8_t>& to, uint32_t bytes) {
        to.insert(to.end(), at, at + bytes);
        at += bytes;
    };
    for (; at != values.end(); ++one.runs) {
        for (uint32_t n = 0; n < program.input_count(); ++n)
            take(one.inputs, program.input(n).bytes);
        for (uint32_t n = 0; n < program.output_count(); ++n)
            take(one.outputs, program.output(n).bytes);
    }
    return one;
}

inline std::vector<BatchCase> all_fixtures() {
    std::vector<fs::path> files;
    for (const auto& file :
         fs::directory_iterator(fs::path(GANGLION_SOURCE_DIR) / "compile/fixtures")) {
        if (file.path().extension() == ".tflite") files.push_back(file.path());
    }
    std::sort(files.begin(), files.end());
    std::vector<BatchCase> cases;
    for (const fs::path& file : files) cases.push_back(case_of(file));
    return cases;
}

/// The file of cases and the outputs that they must give.
class Batch {
  public:
    /// `program`: empty where the network is linked in.
    void add(const BatchCase& one, const std::vector<uint8_t>& program) {
        const uint32_t header[] = {static_cast<uint32_t>(program.size()), one.runs};
        append(header, sizeof header);
        append(program.data(), program.size());
        append(one.inputs.data(), one.inputs.size());
        outputs_.insert(outputs_.end(), one.outputs.begin(), one.outputs.end());
        ends_.push_back(outputs_.size());
        names_.push_back(one.name);
    }
    size_t size() const { return names_.size(); }

    /// Runs an image over the cases; its files lie in `folder`.
    void expect_equal_on_chip(const Toolchain& toolchain, const std::string& image,
                              const fs::path& folder) const {
        const fs::path cases = folder / "cases.bin";
        const fs::path outputs = folder / "outputs.bin";
        std::ofstream(cases, std::ios::binary) << cases_;
        const std::string command = fmt::format(
            "{} {} -semihosting-config enable=on,target=native,arg=batch,arg={},arg={} </dev/null",
            toolchain.emulator, image, cases.string(), outputs.string());
        ASSERT_EQ(std::system(command.c_str()), 0);
        const std::vector<int8_t> results = compile::read_values(outputs);
        ASSERT_EQ(results.size(), outputs_.size());
        size_t begin = 0;
        for (size_t i = 0; i < ends_.size(); begin = ends_[i++]) {
            EXPECT_TRUE(std::equal(results.begin() + static_cast<std::ptrdiff_t>(begin),
                                   results.begin() + static_cast<std::ptrdiff_t>(ends_[i]),
                                   outputs_.begin() + static_cast<std::ptrdiff_t>(begin)))
                << names_[i];
        }
    }

  private:
    void append(const void* data, size_t count) {
        cases_.append(static_cast<const char*>(data), count);
    }

    std::string cases_;
    std::vector<int8_t> outputs_;
    std::vector<size_t> ends_;  ///< of each case's outputs
    std::vector<std::string> names_;
};

/// A folder for the running test, gone with this object.
class TestFolder {
  public:
    TestFolder() {
        const auto* info = testing::UnitTest::GetInstance()->current_test_info();
        std::string name = std::string(info->test_suite_name()) + "_" + info->name();
        std::replace(name.begin(), name.end(), '/', '_');
        path_ = fs::path(testing::TempDir()) / ("ganglion_" + name);
        fs::create_directories(path_);
    }
    ~TestFolder() { fs::remove_all(path_); }
    TestFolder(const TestFolder&) = delete;
    TestFolder& operator=(const TestFolder&) = delete;
    const fs::path& path() const { return path_; }

  private:
    fs::path path_;
};

}  // namespace ganglion::chip
