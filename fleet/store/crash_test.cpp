#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "fleet/store/sqlite_store.hpp"
#include "fleet/testing/temporary_directory.hpp"

namespace ganglion::fleet {
namespace {

using testing::TemporaryDirectory;

constexpr uint32_t kBatchEvents = 5;

std::vector<Message> batch_from(uint32_t first) {
    EventsMessage content{1000, 1, {}};
    for (uint32_t index = 0; index < kBatchEvents; ++index) {
        EventRecord event;
        event.boot = 1;
        event.sequence = first + index;
        event.label = "alexa";
        content.events.push_back(event);
    }
    return {{"speaker", 1'700'000'000'000, content}};
}

/// Commits batch after batch and writes what was acknowledged into the pipe, until killed.
[[noreturn]] void write_until_killed(const std::filesystem::path& file, uint32_t first,
                                     int pipe_end) {
    SqliteStore store(file);
    for (;; first += kBatchEvents) {
        const uint32_t through = store.commit(batch_from(first)).acks.at(0).sequence;
        if (::write(pipe_end, &through, sizeof through) != sizeof through) ::_exit(1);
    }
}

TEST(StoreCrash, WhatWasAcknowledgedSurvivesAKillInTheMiddleOfWrites) {
    const TemporaryDirectory directory;
    const auto file = directory.path() / "fleet.db";
    uint32_t acknowledged = 0;
    for (int round = 0; round < 8; ++round) {
        int ends[2];
        ASSERT_EQ(::pipe(ends), 0);
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) write_until_killed(file, acknowledged + 1, ends[1]);
        ::close(ends[1]);
        // The moment moves through the commit from round to round.
        const uint32_t at_least = acknowledged + 20 * kBatchEvents;
        while (acknowledged<at_least&& ::read(ends[0], &acknowledged, sizeof acknowledged)> 0) {
        }
        std::this_thread::sleep_for(std::chrono::microseconds(300 * round));
        ::kill(child, SIGKILL);
        while (::read(ends[0], &acknowledged, sizeof acknowledged) > 0) {
        }
        ::close(ends[0]);
        int status = 0;
        ::waitpid(child, &status, 0);
        ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself";

        SqliteStore store(file);
        const auto committed = store.commit(batch_from(1));
        EXPECT_GE(committed.acks.at(0).sequence, acknowledged);
        EXPECT_EQ(committed.acks.at(0).sequence % kBatchEvents, 0u) << "half a batch";
        EXPECT_EQ(store.device("speaker")->events, committed.acks.at(0).sequence);
        EXPECT_TRUE(store.gaps({}).empty());
        acknowledged = committed.acks.at(0).sequence;
    }
    EXPECT_GE(acknowledged, 8 * 20 * kBatchEvents);
}

TEST(StoreCrash, AFullDiskStopsCommitsAndRoomLetsThemGoOn) {
    const TemporaryDirectory directory;
    SqliteStore store(directory.path() / "fleet.db");
    // A limit on the size of files acts like a disk without room.
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    rlimit small = before;
    small.rlim_cur = 256 * 1024;
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    uint32_t next = 1;
    bool failed = false;
    while (!failed && next < 100'000) {
        try {
            EXPECT_EQ(store.commit(batch_from(next)).acks.at(0).sequence, next + kBatchEvents - 1);
            next += kBatchEvents;
        } catch (const StoreError&) {
            failed = true;
        }
    }
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
    ASSERT_TRUE(failed);
    EXPECT_EQ(store.device("speaker")->events, next - 1);
    EXPECT_EQ(store.commit(batch_from(next)).acks.at(0).sequence, next + kBatchEvents - 1);
}

}  // namespace
}  // namespace ganglion::fleet
