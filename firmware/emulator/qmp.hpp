#pragma once

#include <string>

namespace ganglion::firmware {

/// The emulator's control channel (QEMU Machine Protocol: JSON lines) on a connected socket.
class Qmp {
  public:
    /// Takes the socket over and greets. Throws std::runtime_error where nobody answers.
    explicit Qmp(int socket);
    Qmp(const Qmp&) = delete;
    Qmp& operator=(const Qmp&) = delete;
    ~Qmp();

    /// Runs one command; `arguments` is a JSON object. Throws std::runtime_error with the
    /// emulator's own words.
    void command(const std::string& name, const std::string& arguments = "{}");

  private:
    std::string next_line();

    int socket_;
    std::string buffer_;
};

}  // namespace ganglion::firmware
