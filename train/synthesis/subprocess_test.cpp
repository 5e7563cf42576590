#include "train/synthesis/subprocess.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <stdexcept>

namespace ganglion::train {
namespace {

std::string error_of(const std::vector<std::string>& arguments,
                     std::chrono::seconds limit = std::chrono::seconds(10)) {
    try {
        run_program(arguments, "", limit);
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "";
}

TEST(Subprocess, PassesInputAndArgumentsWithoutAShell) {
    EXPECT_EQ(error_of({"true"}), "");
    // grep succeeds only when the text arrives on its standard input exactly so.
    EXPECT_NO_THROW(run_program({"grep", "-qxF", "$(touch /tmp/x); `id` 'quoted'"},
                                "$(touch /tmp/x); `id` 'quoted'\n"));
    EXPECT_THROW(run_program({"grep", "-qxF", "other"}, "$(touch /tmp/x)\n"), std::runtime_error);
}

TEST(Subprocess, FailuresAreNamed) {
    EXPECT_NE(error_of({"no-such-program-here"}).find("not installed"), std::string::npos);
    EXPECT_NE(error_of({"false"}).find("false failed (exit status 1)"), std::string::npos);
}

TEST(Subprocess, AProgramMayBeNamedByItsPath) {
    EXPECT_EQ(error_of({std::filesystem::canonical("/bin/true").string()}), "");
    EXPECT_NE(error_of({"/no/such/program"}).find("not installed"), std::string::npos);
}

TEST(Subprocess, AHangingProgramIsStopped) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_NE(error_of({"sleep", "60"}, std::chrono::seconds(1)).find("not done after 1 s"),
              std::string::npos);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

}  // namespace
}  // namespace ganglion::train
