#include "fleet/testing/daemon.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>
#include <string>

#include "fleet/base/files.hpp"
#include "fleet/testing/wait.hpp"

namespace ganglion::fleet::testing {
namespace {

pid_t spawn(const char* program, const std::filesystem::path& folder, const char* configuration) {
    const std::string log = folder / "log";
    const pid_t pid = ::fork();
    if (pid != 0) return pid;
    // It ends with us, however we end.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(out, STDERR_FILENO);
    if (::chdir(folder.c_str()) != 0) ::_exit(126);
    ::execl(program, program, "-c", configuration, nullptr);
    ::_exit(127);
}

}  // namespace

Daemon::Daemon(const char* program, const std::filesystem::path& folder, const char* configuration,
               const char* ready) {
    std::filesystem::remove(folder / "log");
    pid_ = spawn(program, folder, configuration);
    const std::filesystem::path log = folder / "log";
    const auto said = [&] { return std::filesystem::exists(log) ? read_file(log) : std::string(); };
    bool is_ready = false;
    eventually([&] {
        // Asked before its words are: the last ones of one that ended must be read too.
        const bool has_ended = ::waitpid(pid_, nullptr, WNOHANG) == pid_;
        is_ready = said().find(ready) != std::string::npos;
        if (has_ended) pid_ = -1;
        return is_ready || has_ended;
    });
    if (is_ready) return;
    const bool has_ended = pid_ == -1;
    kill();
    throw std::runtime_error(std::string(program) +
                             (has_ended ? " ended" : " is not ready in time") + ". It said:\n" +
                             said());
}

Daemon& Daemon::operator=(Daemon&& other) noexcept {
    if (this == &other) return *this;
    kill();
    pid_ = std::exchange(other.pid_, -1);
    return *this;
}

void Daemon::kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(std::exchange(pid_, -1), nullptr, 0);
}

}  // namespace ganglion::fleet::testing
