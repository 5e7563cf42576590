#include "cli/run_program.hpp"

#include <iostream>

namespace ganglion::cli {

int run_program(CLI::App& program, int argc, char** argv, const std::function<void()>& run) {
    try {
        program.parse(argc, argv);
        run();
        return 0;
    } catch (const CLI::ParseError& error) {
        return program.exit(error) == 0 ? 0 : 2;
    } catch (const std::exception& error) {
        std::cerr << "ganglion: " << error.what() << '\n';
        return 1;
    }
}

}  // namespace ganglion::cli
