#include "firmware/emulator/process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <thread>

namespace ganglion::firmware {
namespace {

[[noreturn]] void become(char* const* arguments, int keep, int log, int failure) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // An interrupt from the terminal is for the parent, which ends its boards in order.
    ::setpgid(0, 0);
    const int nothing = ::open("/dev/null", O_RDONLY);
    ::dup2(nothing, 0);
    ::dup2(log, 1);
    ::dup2(log, 2);
    ::fcntl(keep, F_SETFD, 0);
    ::execvp(arguments[0], arguments);
    const int error = errno;
    [[maybe_unused]] const ssize_t told = ::write(failure, &error, sizeof error);
    ::_exit(127);
}

}  // namespace

Process::Process(const std::vector<std::string>& command, int keep,
                 const std::filesystem::path& log) {
    std::vector<char*> arguments;
    arguments.reserve(command.size() + 1);
    for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    const int log_file = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int failure[2];
    if (log_file < 0 || ::pipe2(failure, O_CLOEXEC) != 0)
        throw std::runtime_error(log.string() + ": " + std::strerror(errno));
    pid_ = ::fork();
    if (pid_ == 0) become(arguments.data(), keep, log_file, failure[1]);
    const int fork_error = errno;
    ::close(log_file);
    ::close(failure[1]);
    int error = 0;
    const bool failed = ::read(failure[0], &error, sizeof error) == sizeof error;
    ::close(failure[0]);
    if (pid_ < 0) throw std::runtime_error(command[0] + ": " + std::strerror(fork_error));
    if (failed) {
        kill();
        throw std::runtime_error(
            "cannot start " + command[0] + ": " + std::strerror(error) +
            (error == ENOENT ? "; install it with: apt-get install qemu-system-arm" : ""));
    }
}

bool Process::running() {
    const std::lock_guard lock(mutex_);
    if (pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) != 0) pid_ = -1;
    return pid_ > 0;
}

void Process::signal(int number) {
    const std::lock_guard lock(mutex_);
    if (pid_ > 0) ::kill(pid_, number);
}

void Process::kill() {
    const std::lock_guard lock(mutex_);
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
}

bool Process::wait(std::chrono::milliseconds time_out) {
    const auto deadline = std::chrono::steady_clock::now() + time_out;
    while (running()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
}

}  // namespace ganglion::firmware
