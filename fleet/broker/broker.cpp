#include "fleet/broker/broker.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "fleet/base/files.hpp"
#include "fleet/base/port.hpp"
#include "fleet/broker/broker_reload.hpp"

namespace ganglion::fleet {
namespace {

using std::chrono::milliseconds;

constexpr auto kStartLimit = std::chrono::seconds(15);
constexpr auto kStopLimit = std::chrono::seconds(3);
constexpr auto kFirstPause = milliseconds(50);
constexpr auto kLongestPause = milliseconds(5000);
constexpr auto kPollInterval = milliseconds(5);

/// Debian installs mosquitto where only root's PATH looks.
std::filesystem::path find_mosquitto() {
    const char* path = std::getenv("PATH");
    std::istringstream folders(std::string(path == nullptr ? "" : path) +
                               ":/usr/sbin:/usr/local/sbin");
    for (std::string folder; std::getline(folders, folder, ':');) {
        auto candidate = std::filesystem::path(folder) / "mosquitto";
        if (::access(candidate.c_str(), X_OK) == 0) return candidate;
    }
    throw std::runtime_error(
        "mosquitto, the MQTT broker, is not installed: apt-get install mosquitto");
}

/// A broker of a killed server dies with it but may take a moment to let go of the port.
bool becomes_free(uint16_t port) {
    for (int tries = 0; tries < 40; ++tries) {
        if (port_is_free(port)) return true;
        std::this_thread::sleep_for(milliseconds(25));
    }
    return false;
}

/// Everything the child needs is made before the fork: between fork and exec only system calls are
/// allowed.
pid_t spawn(const std::filesystem::path& program, const std::filesystem::path& configuration,
            const std::filesystem::path& log_file) {
    std::string name = program.string();
    std::string option = "-c";
    std::string argument = configuration.string();
    const std::array<char*, 4> arguments{name.data(), option.data(), argument.data(), nullptr};
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child != 0) return child;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    const int log = ::open(log_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
    const int null = ::open("/dev/null", O_RDONLY);
    if (log < 0 || null < 0) ::_exit(1);
    ::dup2(null, STDIN_FILENO);
    ::dup2(log, STDOUT_FILENO);
    ::dup2(log, STDERR_FILENO);
    ::close_range(STDERR_FILENO + 1, ~0U, 0);
    ::execv(name.c_str(), arguments.data());
    ::_exit(127);
}

}  // namespace

Broker::Broker(const std::filesystem::path& directory, const BrokerSetup& setup, uint16_t port,
               Log log)
    : program_(find_mosquitto()),
      configuration_(directory / "mosquitto.conf"),
      log_file_(directory / "mosquitto.log"),
      port_(port),
      log_(std::move(log)) {
    create_private_directory(directory);
    if (!becomes_free(port_)) {
        throw std::runtime_error("MQTT port " + std::to_string(port_) +
                                 " on 127.0.0.1 is already taken: stop the program that uses it or "
                                 "choose another port");
    }
    const auto acl_file = directory / "access.acl";
    write_private_file(acl_file, setup.access_list);
    write_private_file(configuration_, broker_configuration(setup, acl_file, port_));
    supervisor_ = std::thread([this] { supervise(); });
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return state_ != State::starting; });
    if (state_ == State::running) return;
    lock.unlock();
    supervisor_.join();
    const std::string reason = first_error(log_text());
    throw std::runtime_error("mosquitto does not start: " +
                             (reason.empty() ? "see " + log_file_.string() : reason));
}

Broker::~Broker() {
    if (!supervisor_.joinable()) return;
    std::unique_lock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
    if (pid_ > 0) ::kill(pid_, SIGTERM);
    if (!changed_.wait_for(lock, kStopLimit, [this] { return pid_ < 0; })) ::kill(pid_, SIGKILL);
    lock.unlock();
    supervisor_.join();
}

pid_t Broker::pid() const {
    const std::lock_guard lock(mutex_);
    return state_ == State::running ? pid_ : -1;
}

bool Broker::reload() {
    return await_reload(log_file_, [this] {
        const std::lock_guard lock(mutex_);
        return state_ == State::running && pid_ > 0 && ::kill(pid_, SIGHUP) == 0;
    });
}

void Broker::restart() {
    const std::lock_guard lock(mutex_);
    if (state_ == State::running && pid_ > 0) ::kill(pid_, SIGTERM);
}

std::string Broker::log_text() const {
    try {
        return read_file(log_file_);
    } catch (const std::runtime_error&) {
        return {};
    }
}

/// The child is tied to the life of the thread that made it (prctl(2), PR_SET_PDEATHSIG), so one
/// thread both starts the broker and waits for its end.
void Broker::supervise() {
    auto pause = kFirstPause;
    for (;;) {
        const auto started = std::chrono::steady_clock::now();
        run_once();
        std::unique_lock lock(mutex_);
        if (stopping_ || state_ == State::failed) break;
        if (std::chrono::steady_clock::now() - started > kLongestPause) pause = kFirstPause;
        if (changed_.wait_for(lock, pause, [this] { return stopping_; })) break;
        pause = std::min(pause * 2, kLongestPause);
    }
}

/// One life of the child, from fork to its end.
void Broker::run_once() {
    pid_t child = -1;
    {
        const std::lock_guard lock(mutex_);
        if (stopping_) return;
        child = pid_ = spawn(program_, configuration_, log_file_);
    }
    const bool ready = child > 0 && wait_until_ready(child);
    if (ready) become_running();
    if (!ready && child > 0) ::kill(child, SIGKILL);
    if (child > 0) wait_for_end(child);
    const std::string reason = ready ? "" : first_error(log_text());
    const std::lock_guard lock(mutex_);
    state_ = state_ == State::starting ? State::failed : State::restarting;
    changed_.notify_all();
    if (stopping_ || state_ == State::failed) return;
    log_(ready ? "broker: mosquitto died, starting it again"
               : "broker: mosquitto does not start (" + reason + "), trying again");
}

void Broker::become_running() {
    const std::lock_guard lock(mutex_);
    if (state_ == State::restarting) log_("broker: running again");
    state_ = State::running;
    changed_.notify_all();
}

/// mosquitto says "mosquitto version ... running" once it listens. False when it died or took too
/// long.
bool Broker::wait_until_ready(pid_t child) {
    const auto limit = std::chrono::steady_clock::now() + kStartLimit;
    while (std::chrono::steady_clock::now() < limit) {
        siginfo_t ended{};
        if (::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
            ended.si_pid == child) {
            return false;
        }
        if (log_text().find(" running\n") != std::string::npos) return true;
        std::unique_lock lock(mutex_);
        if (changed_.wait_for(lock, kPollInterval, [this] { return stopping_; })) return false;
    }
    return false;
}

/// Waits for the end before removing the process, so that its number cannot be another's while we
/// may signal it.
void Broker::wait_for_end(pid_t child) {
    siginfo_t ended{};
    while (::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT) != 0 &&
           errno == EINTR) {
    }
    const std::lock_guard lock(mutex_);
    int status = 0;
    ::waitpid(child, &status, 0);
    pid_ = -1;
    changed_.notify_all();
}

}  // namespace ganglion::fleet
