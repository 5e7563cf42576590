#include "fleet/broker/revocation_hook.hpp"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <thread>

namespace ganglion::fleet {
namespace {

constexpr auto kLimit = std::chrono::seconds(20);
constexpr auto kLook = std::chrono::milliseconds(5);

}  // namespace

bool run_revocation_hook(const std::string& command, const std::filesystem::path& list) {
    std::string shell = "/bin/sh", option = "-c", text = command, name = "revoked",
                file = list.string();
    const std::array<char*, 6> arguments{shell.data(), option.data(), text.data(),
                                         name.data(),  file.data(),   nullptr};
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    // Signals that this server waits for are the command's to die of; so are all that it starts.
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    pid_t child = -1;
    const int failed =
        ::posix_spawn(&child, shell.c_str(), nullptr, &attributes, arguments.data(), environ);
    posix_spawnattr_destroy(&attributes);
    if (failed != 0) return false;
    const auto end = std::chrono::steady_clock::now() + kLimit;
    int status = 0;
    for (;;) {
        const pid_t ended = ::waitpid(child, &status, WNOHANG);
        if (ended == child) return WIFEXITED(status) && WEXITSTATUS(status) == 0;
        if (ended < 0 && errno != EINTR) return false;
        if (std::chrono::steady_clock::now() > end) ::kill(-child, SIGKILL);
        std::this_thread::sleep_for(kLook);
    }
}

}  // namespace ganglion::fleet
