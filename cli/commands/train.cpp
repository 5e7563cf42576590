#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>

#include "cli/commands/commands.hpp"

namespace ganglion::cli {

namespace {

/// What links libtorch, which no other command should wait for, is a program of its own beside this
/// one and takes the arguments as they are.
void add_program(CLI::App& program, const std::string& name, const std::string& what,
                 const std::string& example) {
    auto* command = add_command(program, name, what, example);
    command->prefix_command();
    command->set_help_flag();
    command->callback([command, name] {
        const auto beside = std::filesystem::canonical("/proc/self/exe").parent_path();
        const std::string trainer = (beside / ("ganglion-" + name)).string();
        std::string title = "ganglion " + name;
        std::vector<std::string> words = command->remaining();
        std::vector<char*> arguments{title.data()};
        for (auto& word : words) arguments.push_back(word.data());
        arguments.push_back(nullptr);
        execv(trainer.c_str(), arguments.data());
        throw std::runtime_error(trainer + ": " + std::strerror(errno) +
                                 ": start it as `./ganglion " + name + "`, which builds it");
    });
}

}  // namespace

void add_train(CLI::App& program) {
    add_program(program, "train", "Train an application's model from recordings",
                "./ganglion train apps/wake_word --data recordings");
}

void add_search(CLI::App& program) {
    add_program(program, "search", "Look for the model that does best within a budget",
                "./ganglion search apps/wake_word --data recordings "
                "--budget ram=16KB,flash=64KB,ms=10@cortex-m4:64MHz");
}

}  // namespace ganglion::cli
