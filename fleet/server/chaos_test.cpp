#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <string>

#include "fleet/testing/temporary_directory.hpp"

namespace ganglion::fleet {
namespace {

// A few rounds; `ganglion bench chaos` runs 200.
TEST(Chaos, NothingIsLostAndNothingIsThereTwice) {
    const testing::TemporaryDirectory directory;
    std::string program = GANGLION_FLEET_CHAOS, rounds = "12", seed = "7";
    std::string folder = (directory.path() / "chaos").string();
    const std::array<char*, 5> arguments{program.data(), rounds.data(), seed.data(), folder.data(),
                                         nullptr};
    pid_t child = -1;
    ASSERT_EQ(::posix_spawn(&child, program.c_str(), nullptr, nullptr, arguments.data(), environ),
              0);
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

}  // namespace
}  // namespace ganglion::fleet
