#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>

#include "cli/commands/commands.hpp"

namespace ganglion::cli {

/// Training links libtorch, which no other command should wait for: it is a program of its own
/// beside this one, and takes the arguments as they are.
void add_train(CLI::App& program) {
    auto* command = add_command(program, "train", "Train an application's model from recordings",
                                "./ganglion train apps/wake_word --data recordings");
    command->prefix_command();
    command->set_help_flag();
    command->callback([command] {
        const auto beside = std::filesystem::canonical("/proc/self/exe").parent_path();
        const std::string trainer = (beside / "ganglion-train").string();
        std::vector<std::string> words = command->remaining();
        std::vector<char*> arguments{const_cast<char*>("ganglion train")};
        for (auto& word : words) arguments.push_back(word.data());
        arguments.push_back(nullptr);
        execv(trainer.c_str(), arguments.data());
        throw std::runtime_error(trainer + ": " + std::strerror(errno) +
                                 ": start it as `./ganglion train`, which builds it");
    });
}

}  // namespace ganglion::cli
