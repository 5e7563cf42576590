#include "fleet/testing/spawned_server.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace ganglion::fleet::testing {

SpawnedServer::SpawnedServer(std::string program, std::vector<std::string> arguments) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    std::vector<char*> words{program.data()};
    for (std::string& argument : arguments) words.push_back(argument.data());
    words.push_back(nullptr);
    const int failed =
        ::posix_spawn(&pid_, program.c_str(), &actions, nullptr, words.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    output_ = ends[0];
    if (failed != 0) throw std::runtime_error(program + " does not start");
}

SpawnedServer::~SpawnedServer() {
    end(SIGTERM);
    ::close(output_);
}

std::optional<uint16_t> SpawnedServer::wait_for_port() {
    std::array<char, 32> text{};
    while (said_.find('\n') == std::string::npos) {
        const ssize_t size = ::read(output_, text.data(), text.size());
        if (size <= 0) return std::nullopt;
        said_.append(text.data(), static_cast<size_t>(size));
    }
    return static_cast<uint16_t>(std::atoi(said_.substr(said_.find(' ')).c_str()));
}

std::optional<uint16_t> SpawnedServer::port_now() {
    pollfd output{output_, POLLIN, 0};
    const bool has_said = !said_.empty() || ::poll(&output, 1, 0) > 0;
    return has_said ? wait_for_port() : std::nullopt;
}

int SpawnedServer::end(int signal) {
    if (pid_ <= 0) return 0;
    ::kill(pid_, signal);
    return wait();
}

int SpawnedServer::wait() {
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return status;
}

}  // namespace ganglion::fleet::testing
