#pragma once

#include <poll.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "fleet/base/log.hpp"

namespace ganglion::fleet {

/// Lines from devices: over TCP, and from serial ports (raw, 8N1), which are opened again where
/// they are unplugged. Each line is answered by one line, in order.
class LinesIn {
  public:
    struct Config {
        std::string address = "127.0.0.1";
        uint16_t port = 0;  ///< 0: a free one
        std::vector<std::filesystem::path> serial;
        uint32_t baud = 115'200;
    };
    /// Gets all lines that came together, without their ends; gives an answer for each.
    using Take = std::function<std::vector<std::string>(const std::vector<std::string>&)>;

    /// Throws std::runtime_error when it cannot listen.
    LinesIn(Config config, Take take, Log log);
    ~LinesIn();
    LinesIn(const LinesIn&) = delete;
    LinesIn& operator=(const LinesIn&) = delete;

    uint16_t port() const { return port_; }

  private:
    struct Source {
        int file = -1;
        std::string bytes;             // of a line that has no end yet
        std::filesystem::path serial;  // empty: TCP
    };

    void work();
    void open_serial();
    void accept_one();
    bool read_from(Source& source);
    bool answer(const Source& source, const std::vector<std::string>& lines);

    const Config config_;
    const Take take_;
    const Log log_;
    int listening_ = -1, wake_ = -1;
    uint16_t port_ = 0;
    std::vector<Source> sources_;
    std::thread worker_;
};

}  // namespace ganglion::fleet
