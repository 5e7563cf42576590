#include "cli/password.hpp"

#include <termios.h>
#include <unistd.h>

#include <iostream>
#include <stdexcept>

namespace ganglion::cli {
namespace {

/// Switches the terminal's echo off until destroyed.
class Silence {
  public:
    Silence() {
        if (tcgetattr(STDIN_FILENO, &usual_) != 0) return;  // no terminal, no echo
        termios silent = usual_;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    }
    ~Silence() {
        if (isatty(STDIN_FILENO) != 0) tcsetattr(STDIN_FILENO, TCSAFLUSH, &usual_);
    }
    Silence(const Silence&) = delete;
    Silence& operator=(const Silence&) = delete;

  private:
    termios usual_{};
};

std::string asked(const std::string& question) {
    const bool terminal = isatty(STDIN_FILENO) != 0;
    if (terminal) std::cerr << question << ": " << std::flush;
    std::string text;
    const bool read = static_cast<bool>(std::getline(std::cin, text));
    if (terminal) std::cerr << "\n";
    if (!read || text.empty())
        throw std::runtime_error("a password is needed: type it, or pipe it in as one line");
    return text;
}

}  // namespace

std::string ask_password(const std::string& name) {
    const Silence silence;
    return asked("password for " + name);
}

std::string ask_new_password(const std::string& name) {
    const Silence silence;
    std::string first = asked("password for " + name);
    if (isatty(STDIN_FILENO) != 0 && first != asked("once more"))
        throw std::runtime_error("the two passwords differ; nothing was changed");
    return first;
}

}  // namespace ganglion::cli
