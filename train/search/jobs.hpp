#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "train/fit/progress.hpp"

namespace ganglion::train {

/// Work with a name; what it returns is kept under that name.
struct Job {
    std::string name;  ///< [a-z0-9_-]+
    std::function<nlohmann::json()> run;
};

/// Runs each job in a process of its own, `parallel` at a time, and keeps its result in
/// `folder`/NAME.json, written in one step. A job whose result is there already is not run again:
/// after being killed at any moment the same call goes on where it stopped, and gives the same
/// results whatever `parallel` is. A job that throws has {"failed": what it said} for a result; one
/// that ends by a signal is an error, so that it runs again next time. When `stop` is set the
/// running jobs are ended and std::runtime_error thrown. Call it from a single thread.
std::map<std::string, nlohmann::json> run_jobs(
    const std::vector<Job>& jobs, const std::filesystem::path& folder, size_t parallel,
    const std::function<void(size_t done, size_t all)>& step, const StopFlag& stop);

}  // namespace ganglion::train
