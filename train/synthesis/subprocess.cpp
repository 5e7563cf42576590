#include "train/synthesis/subprocess.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace ganglion::train {
namespace {

/// An unlinked temporary file holding `input`: a child that never reads cannot block us as a pipe
/// would.
int input_file(std::string_view input) {
    const auto pattern = (std::filesystem::temp_directory_path() / "ganglion-XXXXXX").string();
    std::vector<char> name(pattern.begin(), pattern.end());
    name.push_back('\0');
    const int file = mkostemp(name.data(), O_CLOEXEC);
    if (file < 0) {
        throw std::runtime_error(fmt::format("cannot create a file in {}: {}",
                                             std::filesystem::temp_directory_path().string(),
                                             std::strerror(errno)));
    }
    unlink(name.data());
    if (write(file, input.data(), input.size()) != static_cast<ssize_t>(input.size()) ||
        lseek(file, 0, SEEK_SET) != 0) {
        close(file);
        throw std::runtime_error("cannot write a temporary file; is the disk full?");
    }
    return file;
}

}  // namespace

bool is_installed(const std::string& name) {
    if (name.find('/') != std::string::npos) return access(name.c_str(), X_OK) == 0;
    const char* path = std::getenv("PATH");
    std::istringstream folders(path != nullptr ? path : "/usr/bin:/bin");
    for (std::string folder; std::getline(folders, folder, ':');) {
        if (access(folder.append("/").append(name).c_str(), X_OK) == 0) return true;
    }
    return false;
}

void run_program(const std::vector<std::string>& arguments, std::string_view input,
                 std::chrono::seconds limit) {
    const std::string& name = arguments.at(0);
    if (!is_installed(name)) {
        throw std::runtime_error(
            fmt::format("{} is not installed; install its Debian package", name));
    }
    const int in = input_file(input);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    std::vector<std::string> copies = arguments;
    std::vector<char*> argv;
    argv.reserve(copies.size() + 1);
    for (auto& argument : copies) argv.push_back(argument.data());
    argv.push_back(nullptr);
    pid_t child = 0;
    const int error = posix_spawnp(&child, name.c_str(), &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    close(in);
    if (error != 0) {
        throw std::runtime_error(
            fmt::format("{} could not be started: {}", name, std::strerror(error)));
    }
    const auto deadline = std::chrono::steady_clock::now() + limit;
    int status = 0;
    while (waitpid(child, &status, WNOHANG) == 0) {
        if (std::chrono::steady_clock::now() > deadline) {
            kill(child, SIGKILL);
            waitpid(child, &status, 0);
            throw std::runtime_error(
                fmt::format("{} was not done after {} s and was stopped", name, limit.count()));
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        throw std::runtime_error(
            fmt::format("{} failed ({} {})", name, WIFEXITED(status) ? "exit status" : "signal",
                        WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status)));
    }
}

}  // namespace ganglion::train
