#include "train/search/jobs.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "train/report/settings.hpp"

namespace ganglion::train {
namespace {

std::filesystem::path file_of(const std::filesystem::path& folder, const Job& job) {
    return folder / (job.name + ".json");
}

/// Null where there is none, or one that is not whole.
nlohmann::json kept(const std::filesystem::path& file) {
    std::ifstream in(file);
    auto json = nlohmann::json::parse(in, nullptr, false);
    return json.is_discarded() ? nlohmann::json() : json;
}

[[noreturn]] void run_and_end(const Job& job, const std::filesystem::path& file) {
    signal(SIGINT, SIG_IGN);  // the parent decides
    nlohmann::json result;
    try {
        result = job.run();
    } catch (const std::exception& error) {
        result = {{"failed", error.what()}};
    }
    try {
        write_file(file, result.dump(1) + "\n");
    } catch (const std::exception&) {
        _exit(1);
    }
    _exit(0);
}

/// Processes that were started here; none outlives this object.
class Children {
  public:
    Children() = default;
    ~Children() {
        for (const auto& [pid, job] : running_) {
            kill(pid, SIGKILL);
            waitpid(pid, nullptr, 0);
        }
    }
    Children(const Children&) = delete;
    Children& operator=(const Children&) = delete;

    size_t running() const { return running_.size(); }

    void start(const Job& job, const std::filesystem::path& file) {
        const pid_t pid = fork();
        if (pid < 0) throw std::runtime_error("cannot start a process for a candidate");
        if (pid == 0) {
            // It ends with the search, however that ends: a search started again must not find two
            // of one candidate writing the same result.
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            run_and_end(job, file);
        }
        running_.emplace(pid, &job);
    }

    /// Waits a moment for one that has ended; null where none has.
    const Job* ended() {
        for (const auto& [pid, job] : running_) {
            int status = 0;
            if (waitpid(pid, &status, WNOHANG) != pid) continue;
            const Job* one = job;
            running_.erase(pid);
            if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
                throw std::runtime_error(fmt::format(
                    "{}: its process ended ({}); start the search again to go on", one->name,
                    WIFSIGNALED(status) ? fmt::format("signal {}", WTERMSIG(status))
                                        : std::string("its result cannot be written")));
            }
            return one;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        return nullptr;
    }

  private:
    std::map<pid_t, const Job*> running_;
};

}  // namespace

std::map<std::string, nlohmann::json> run_jobs(const std::vector<Job>& jobs,
                                               const std::filesystem::path& folder, size_t parallel,
                                               const std::function<void(size_t, size_t)>& step,
                                               const StopFlag& stop) {
    std::filesystem::create_directories(folder);
    std::map<std::string, nlohmann::json> results;
    std::vector<const Job*> missing;
    for (const Job& job : jobs) {
        auto result = kept(file_of(folder, job));
        if (result.is_null()) {
            missing.push_back(&job);
        } else {
            results[job.name] = std::move(result);
        }
    }
    Children children;
    size_t next = 0;
    step(results.size(), jobs.size());
    while (next < missing.size() || children.running() > 0) {
        if (stop) throw std::runtime_error("stopped; the same command goes on from here");
        while (next < missing.size() && children.running() < std::max<size_t>(1, parallel)) {
            children.start(*missing[next], file_of(folder, *missing[next]));
            ++next;
        }
        const Job* job = children.ended();
        if (job == nullptr) continue;
        results[job->name] = kept(file_of(folder, *job));
        step(results.size(), jobs.size());
    }
    return results;
}

}  // namespace ganglion::train
