#include "train/search/jobs.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace ganglion::train {
namespace {

const StopFlag never = false;
const auto untold = [](size_t, size_t) {};

class Jobs : public testing::Test {
  protected:
    void SetUp() override {
        folder_ =
            std::filesystem::temp_directory_path() / fmt::format("ganglion_jobs_{}", getpid());
        std::filesystem::remove_all(folder_);
        std::filesystem::create_directories(folder_);
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    /// Squares, each of which leaves a line in the journal when it is computed.
    std::vector<Job> squares(int count) const {
        std::vector<Job> jobs;
        for (int i = 0; i < count; ++i) {
            jobs.push_back({fmt::format("square-{}", i), [this, i] {
                                std::ofstream(folder_ / "journal", std::ios::app) << i << '\n';
                                return nlohmann::json{{"square", i * i}};
                            }});
        }
        return jobs;
    }
    size_t computed() const {
        std::ifstream in(folder_ / "journal");
        return static_cast<size_t>(std::count(std::istreambuf_iterator<char>(in), {}, '\n'));
    }

    std::filesystem::path folder_;
};

TEST_F(Jobs, ResultsAreThoseOfEachWhateverRunsAtATime) {
    for (const size_t parallel : {1, 3}) {
        const auto results =
            run_jobs(squares(7), folder_ / fmt::format("{}", parallel), parallel, untold, never);
        ASSERT_EQ(results.size(), 7U);
        for (int i = 0; i < 7; ++i)
            EXPECT_EQ(results.at(fmt::format("square-{}", i))["square"], i * i);
    }
}

TEST_F(Jobs, WhatIsThereIsNotRunAgainAndADamagedResultIs) {
    run_jobs(squares(4), folder_, 2, untold, never);
    EXPECT_EQ(computed(), 4U);
    std::ofstream(folder_ / "square-2.json") << R"({"squa)";
    std::vector<size_t> told;
    const auto results = run_jobs(
        squares(5), folder_, 2, [&](size_t done, size_t) { told.push_back(done); }, never);
    EXPECT_EQ(computed(), 6U);
    EXPECT_EQ(results.at("square-2")["square"], 4);
    EXPECT_EQ(told, (std::vector<size_t>{3, 4, 5}));
}

TEST_F(Jobs, OneThatThrowsSaysWhyAndTheOthersGoOn) {
    auto jobs = squares(2);
    jobs.push_back({"bad", []() -> nlohmann::json { throw std::runtime_error("too wide"); }});
    const auto results = run_jobs(jobs, folder_, 1, untold, never);
    EXPECT_EQ(results.at("bad")["failed"], "too wide");
    EXPECT_EQ(results.at("square-1")["square"], 1);
}

TEST_F(Jobs, OneThatIsKilledIsAnErrorAndRunsAgain) {
    auto jobs = squares(2);
    jobs.push_back({"killed", [this]() -> nlohmann::json {
                        if (std::filesystem::exists(folder_ / "second"))
                            return {{"survived", true}};
                        std::ofstream(folder_ / "second") << "next time";
                        raise(SIGKILL);
                        return {};
                    }});
    EXPECT_THROW(run_jobs(jobs, folder_, 1, untold, never), std::runtime_error);
    EXPECT_EQ(run_jobs(jobs, folder_, 1, untold, never).at("killed")["survived"], true);
    EXPECT_EQ(computed(), 2U);
}

TEST_F(Jobs, KilledInTheMiddleItGoesOnWhereItWas) {
    // A search in a process of its own is killed while its third job hangs.
    auto jobs = squares(5);
    jobs.insert(jobs.begin() + 2,
                {"hangs", [this]() -> nlohmann::json {
                     std::ofstream(folder_ / "reached") << "here";
                     while (!std::filesystem::exists(folder_ / "go"))
                         std::this_thread::sleep_for(std::chrono::milliseconds(5));
                     return {{"done", true}};
                 }});
    const pid_t searching = fork();
    ASSERT_GE(searching, 0);
    if (searching == 0) {
        run_jobs(jobs, folder_, 1, untold, never);
        _exit(0);
    }
    while (!std::filesystem::exists(folder_ / "reached"))
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    kill(searching, SIGKILL);
    waitpid(searching, nullptr, 0);
    EXPECT_EQ(computed(), 2U);
    std::ofstream(folder_ / "go") << "on";
    EXPECT_EQ(run_jobs(jobs, folder_, 1, untold, never).size(), 6U);
    EXPECT_EQ(computed(), 5U);
}

TEST_F(Jobs, StoppingEndsThemAll) {
    StopFlag stop = false;
    std::vector<Job> jobs;
    for (int i = 0; i < 2; ++i) {
        jobs.push_back({fmt::format("endless-{}", i), [this, i]() -> nlohmann::json {
                            std::ofstream(folder_ / fmt::format("pid-{}", i)) << getpid();
                            while (true) pause();
                        }});
    }
    std::jthread later([&] {
        while (!std::filesystem::exists(folder_ / "pid-1"))
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        stop = true;
    });
    EXPECT_THROW(run_jobs(jobs, folder_, 2, untold, stop), std::runtime_error);
    EXPECT_FALSE(std::filesystem::exists(folder_ / "endless-0.json"));
    EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a process is left";
}

}  // namespace
}  // namespace ganglion::train
