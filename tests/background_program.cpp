#include "tests/background_program.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace ganglion::tests {

BackgroundProgram::BackgroundProgram(const std::vector<std::string>& words,
                                     std::filesystem::path output)
    : output_(std::move(output)) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output_.c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    std::vector<std::string> copies = words;
    std::vector<char*> arguments;
    arguments.reserve(copies.size() + 1);
    for (auto& word : copies) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const int failed =
        posix_spawnp(&pid_, arguments.front(), &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0) throw std::runtime_error("cannot start " + words.front());
}

BackgroundProgram::~BackgroundProgram() {
    terminate();
}

void BackgroundProgram::wait(bool block) {
    int status = 0;
    if (pid_ <= 0 || waitpid(pid_, &status, block ? 0 : WNOHANG) != pid_) return;
    exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    pid_ = -1;
}

bool BackgroundProgram::running() {
    wait(false);
    return pid_ > 0;
}

int BackgroundProgram::terminate() {
    constexpr int kPatience = 200;  // of 50 ms
    if (running()) kill(pid_, SIGTERM);
    for (int i = 0; i < kPatience && running(); ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    if (running()) kill(pid_, SIGKILL);
    wait(true);
    return exit_code_;
}

std::string BackgroundProgram::output() const {
    std::ifstream in(output_);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace ganglion::tests
