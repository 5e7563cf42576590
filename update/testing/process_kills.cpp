#include "update/testing/process_kills.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <stdexcept>
#include <thread>

#include "update/testing/power_cuts.hpp"

namespace ganglion::update::testing {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::microseconds;

constexpr uint32_t kMostKillsOfDevice = 20;
constexpr size_t kReasonBytes = 512;
enum Exit : int { at_the_end, promise_broken, power_failed };

/// Memory that outlasts the processes that have it.
class SharedMemory {
  public:
    SharedMemory(size_t size, int descriptor) : size_(size) {
        void* const at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                                MAP_SHARED | (descriptor < 0 ? MAP_ANONYMOUS : 0), descriptor, 0);
        if (at == MAP_FAILED) throw std::runtime_error("no memory to share");
        memory_ = static_cast<uint8_t*>(at);
    }
    ~SharedMemory() { ::munmap(memory_, size_); }
    SharedMemory(const SharedMemory&) = delete;
    SharedMemory& operator=(const SharedMemory&) = delete;
    std::span<uint8_t> bytes() const { return {memory_, size_}; }

  private:
    size_t size_;
    uint8_t* memory_ = nullptr;
};

/// A file without a name, gone with its last process.
class File {
  public:
    explicit File(size_t size) {
        std::string name = std::filesystem::temp_directory_path() / "ganglion-flash-XXXXXX";
        descriptor_ = ::mkostemp(name.data(), O_CLOEXEC);
        if (descriptor_ < 0) throw std::runtime_error(name + ": cannot be made");
        ::unlink(name.c_str());
        if (::ftruncate(descriptor_, static_cast<off_t>(size)) != 0) {
            ::close(descriptor_);
            throw std::runtime_error(name + ": no room for it");
        }
    }
    ~File() { ::close(descriptor_); }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    int descriptor() const { return descriptor_; }

  private:
    int descriptor_;
};

/// The processes of one device after the other.
class Processes {
  public:
    Processes(const Lab& lab, const Scenario& scenario)
        : lab_(lab),
          scenario_(scenario),
          factory_(new_device(lab, scenario)),
          file_(factory_.memory().size()),
          flash_(factory_.memory().size(), file_.descriptor()),
          reason_(kReasonBytes, -1) {}

    void make_new() { std::ranges::copy(factory_.memory(), flash_.bytes().begin()); }

    /// One process. True where it came to the end before it was killed.
    bool live(microseconds for_us) {
        const pid_t process = ::fork();
        if (process < 0) throw std::runtime_error("no process for a device");
        if (process == 0) ::_exit(play());
        std::this_thread::sleep_for(for_us);
        ::kill(process, SIGKILL);
        return ended_well(process);
    }
    /// One process that nobody kills. Returns how long it took.
    microseconds live_to_the_end() {
        const auto begin = Clock::now();
        const pid_t process = ::fork();
        if (process < 0) throw std::runtime_error("no process for a device");
        if (process == 0) ::_exit(play());
        if (!ended_well(process)) throw std::runtime_error("a device's process was killed");
        return std::chrono::duration_cast<microseconds>(Clock::now() - begin);
    }

  private:
    Exit play() {
        try {
            SimulatedFlash flash(flash_.bytes());
            return Player(lab_, scenario_, flash).play() ? at_the_end : power_failed;
        } catch (const std::exception& error) {
            std::snprintf(reinterpret_cast<char*>(reason_.bytes().data()), kReasonBytes, "%s",
                          error.what());
            return promise_broken;
        }
    }
    bool ended_well(pid_t process) const {
        int status = 0;
        ::waitpid(process, &status, 0);
        if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) return false;
        if (WIFEXITED(status) && WEXITSTATUS(status) == at_the_end) return true;
        throw std::runtime_error("scenario '" + scenario_.name + "', a killed process: " +
                                 reinterpret_cast<const char*>(reason_.bytes().data()));
    }

    const Lab& lab_;
    const Scenario& scenario_;
    const SimulatedFlash factory_;
    File file_;
    SharedMemory flash_, reason_;
};

}  // namespace

KillResult kill_everywhere(const Lab& lab, const Scenario& scenario, uint32_t kills,
                           uint32_t seed) {
    Processes processes(lab, scenario);
    processes.make_new();
    const auto life = static_cast<uint32_t>(processes.live_to_the_end().count());
    std::mt19937 random(seed);
    KillResult result;
    while (result.kills < kills) {
        processes.make_new();
        bool ended = false;
        for (uint32_t i = 0; !ended && i < kMostKillsOfDevice && result.kills < kills; ++i) {
            ended = processes.live(microseconds(random() % std::max(life, 1U)));
            result.kills += !ended;
        }
        if (!ended) processes.live_to_the_end();
        ++result.devices;
    }
    return result;
}

}  // namespace ganglion::update::testing
