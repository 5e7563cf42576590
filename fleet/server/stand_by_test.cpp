#include "fleet/server/stand_by.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "fleet/client/api_client.hpp"
#include "fleet/client/enrol_client.hpp"
#include "fleet/store/postgres.hpp"
#include "fleet/testing/postgres_cluster.hpp"
#include "fleet/testing/spawned_server.hpp"
#include "fleet/testing/temporary_directory.hpp"
#include "fleet/testing/wait.hpp"

namespace ganglion::fleet {
namespace {

using std::chrono::milliseconds;
using testing::eventually;
using ::testing::HasSubstr;
using testing::PostgresCluster;
using testing::SpawnedServer;
using testing::TemporaryDirectory;
using ::testing::ThrowsMessage;

constexpr milliseconds kLength{2500};

bool never() {
    return false;
}

class LeaseTest : public ::testing::Test {
  protected:
    void SetUp() override {
        if (!PostgresCluster::is_installed()) GTEST_SKIP() << "no PostgreSQL on this machine";
        uri_ = PostgresCluster::shared().new_database();
    }

    Lease::Config config(std::function<void()> lost = [] {}) const {
        return {.uri = uri_,
                .name = "authority",
                .length = kLength,
                .lost = std::move(lost),
                .log = [](std::string_view) {}};
    }
    /// Null where somebody else has it.
    std::unique_ptr<Lease> try_to_take() const {
        int tries = 0;
        return Lease::take(config(), [&] { return ++tries > 1; });
    }

    std::string uri_;
};

TEST_F(LeaseTest, OneHasItUntilItGivesItBack) {
    auto first = Lease::take(config(), never);
    ASSERT_TRUE(first);
    std::this_thread::sleep_for(2 * kLength);
    EXPECT_FALSE(try_to_take()) << "it is renewed";
    first.reset();
    EXPECT_TRUE(try_to_take()) << "at once";
}

TEST_F(LeaseTest, WhoeverIsKilledLosesItInTime) {
    const pid_t child = ::fork();
    if (child == 0) {
        const auto held = Lease::take(config(), never);
        ::pause();
        std::_Exit(0);
    }
    ASSERT_TRUE(eventually([&] { return try_to_take() == nullptr; }));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    const auto killed = std::chrono::steady_clock::now();
    EXPECT_TRUE(Lease::take(config(), never));
    EXPECT_LT(std::chrono::steady_clock::now() - killed, 3 * kLength);
}

TEST_F(LeaseTest, WhoeverStoodStillKnowsThatItIsLost) {
    const pid_t child = ::fork();
    if (child == 0) {
        const auto held = Lease::take(config([] { std::_Exit(75); }), never);
        ::pause();
        std::_Exit(0);
    }
    ASSERT_TRUE(eventually([&] { return try_to_take() == nullptr; }));
    ::kill(child, SIGSTOP);
    const auto next = Lease::take(config(), never);
    EXPECT_TRUE(next);
    ::kill(child, SIGCONT);
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 75);
    EXPECT_FALSE(try_to_take()) << "and has not taken it back";
}

TEST_F(LeaseTest, AHolderThatTheDatabaseDoesNotAnswerStopsBeforeAnotherMayBegin) {
    std::atomic<bool> lost = false;
    const auto held = Lease::take(config([&] { lost = true; }), never);
    PgConnection connection(uri_, "");
    // Who holds the row's lock keeps its renewal waiting.
    connection.run("BEGIN; UPDATE ganglion.leases SET holder = holder");
    EXPECT_TRUE(eventually([&] { return lost.load(); }));
    const auto ran_out =
        connection.run("SELECT 1 FROM ganglion.leases WHERE ends < clock_timestamp()", PgValues());
    EXPECT_EQ(ran_out.rows(), 0) << "there is a reserve";
    connection.run("ROLLBACK");
}

TEST(StandBy, NeedsAnAuthorityAndAStoreThatServersShare) {
    const TemporaryDirectory directory;
    ServerConfig config;
    config.state_dir = directory.path();
    EXPECT_THAT([&] { stand_by(config, never); },
                ThrowsMessage<std::runtime_error>(HasSubstr("--store postgresql://")));
    config.store = "postgresql:///nowhere";
    EXPECT_THAT([&] { stand_by(config, never); },
                ThrowsMessage<std::runtime_error>(HasSubstr("has no authority yet")));
}

TEST(StandBy, AnotherServerTakesOverWithinSecondsWhenTheHolderIsKilled) {
    if (!PostgresCluster::is_installed()) GTEST_SKIP() << "no PostgreSQL on this machine";
    const TemporaryDirectory directory;
    const auto state = directory.path() / "state";
    const std::string uri = PostgresCluster::shared().new_database();
    {
        ServerConfig config;
        config.state_dir = state;
        config.store = uri;
        config.log = [](std::string_view) {};
        Server first(config);
        first.start();
    }
    const std::vector<std::string> arguments{state.string(), uri};
    std::array<std::unique_ptr<SpawnedServer>, 2> servers;
    for (auto& server : servers)
        server = std::make_unique<SpawnedServer>(GANGLION_FLEET_SERVER_PROCESS, arguments);
    // Which of them serves.
    const auto serving = [&]() -> size_t {
        size_t found = servers.size();
        EXPECT_TRUE(eventually([&] {
            for (size_t i = 0; i < servers.size(); ++i)
                if (servers[i]->port_now()) found = i;
            return found < servers.size();
        }));
        return found;
    };
    for (int round = 0; round < 4; ++round) {
        const size_t holder = serving();
        ASSERT_LT(holder, servers.size());
        const size_t other = 1 - holder;
        EXPECT_FALSE(servers[other]->port_now()) << "one at a time";
        const std::string device = "pump-" + std::to_string(round);
        const ApiAddress before{.port = *servers[holder]->port_now()};
        const auto claim =
            call_api(before, "post", "/api/claims", {{"device", device}, {"minutes", 10}});
        // Every second time it is told to end instead.
        const auto ended = std::chrono::steady_clock::now();
        servers[holder]->end(round % 2 == 0 ? SIGKILL : SIGTERM);
        ASSERT_TRUE(eventually([&] { return servers[other]->port_now().has_value(); }));
        EXPECT_LT(std::chrono::steady_clock::now() - ended, std::chrono::seconds(15));
        // What was said to the one that is gone, the other knows; its authority is the same.
        const ApiAddress after{.port = *servers[other]->port_now()};
        EXPECT_EQ(
            enrol_device(after, claim.at("code").get<std::string>(), directory.path() / device),
            device);
        servers[holder] = std::make_unique<SpawnedServer>(GANGLION_FLEET_SERVER_PROCESS, arguments);
    }
}

}  // namespace
}  // namespace ganglion::fleet
