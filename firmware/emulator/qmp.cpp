#include "firmware/emulator/qmp.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

namespace ganglion::firmware {
namespace {

constexpr int kTimeOutMs = 20'000;

}  // namespace

Qmp::Qmp(int socket) : socket_(socket) {
    try {
        next_line();  // the greeting
        command("qmp_capabilities");
    } catch (...) {
        ::close(socket_);
        throw;
    }
}

Qmp::~Qmp() {
    ::close(socket_);
}

std::string Qmp::next_line() {
    while (true) {
        const size_t end = buffer_.find('\n');
        if (end != std::string::npos) {
            std::string line = buffer_.substr(0, end);
            buffer_.erase(0, end + 1);
            return line;
        }
        pollfd readable{socket_, POLLIN, 0};
        if (::poll(&readable, 1, kTimeOutMs) <= 0)
            throw std::runtime_error("the emulator does not answer on its control channel");
        char part[4096];
        const ssize_t count = ::recv(socket_, part, sizeof part, 0);
        if (count <= 0) throw std::runtime_error("the emulator ended");
        buffer_.append(part, static_cast<size_t>(count));
    }
}

void Qmp::command(const std::string& name, const std::string& arguments) {
    nlohmann::json request{{"execute", name}};
    if (arguments != "{}") request["arguments"] = nlohmann::json::parse(arguments);
    const std::string line = request.dump() + "\n";
    if (::send(socket_, line.data(), line.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(line.size()))
        throw std::runtime_error("the emulator ended");
    while (true) {
        const nlohmann::json answer = nlohmann::json::parse(next_line(), nullptr, false);
        if (!answer.is_object()) throw std::runtime_error("the emulator answers with no JSON");
        if (answer.contains("return")) return;
        if (answer.contains("error"))
            throw std::runtime_error("the emulator refuses " + name + ": " +
                                     answer["error"].value("desc", "no reason given"));
        // Anything else is an event that nobody waits for.
    }
}

}  // namespace ganglion::firmware
