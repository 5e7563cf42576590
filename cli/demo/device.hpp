#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "cli/application.hpp"
#include "cli/demo/inputs.hpp"
#include "cli/demo/options.hpp"
#include "firmware/emulator/board.hpp"
#include "fleet/pki/pki.hpp"

namespace ganglion::cli {

/// One emulated microcontroller of the demo with its application and what it senses.
class DemoDevice {
  public:
    DemoDevice(std::string id, BuiltApplication application, Input input);
    DemoDevice(const DemoDevice&) = delete;
    DemoDevice& operator=(const DemoDevice&) = delete;
    ~DemoDevice();

    /// Flashes identity and bundle and switches the board on. `factory`: the board takes updates.
    void boot(const DemoOptions& options, const std::filesystem::path& state, fleet::Pki& pki,
              uint16_t broker_port, const std::string& bundle_key,
              std::optional<firmware::BoardFactory> factory);
    /// Waits until the device has connected to the broker. Throws where it does not within
    /// `seconds`.
    void wait_connected(double seconds);
    /// Begins to stream the input, in a thread of its own.
    void stream(bool microphone);
    /// Waits until everything streamed has been decided on and every event acknowledged by the
    /// store. Throws where the board stops or `seconds` pass.
    void wait_settled(double seconds);
    void stop_streaming();

    const std::string& id() const { return id_; }
    const BuiltApplication& application() const { return application_; }
    const Input& input() const { return input_; }
    firmware::EmulatedBoard& board() { return *board_; }
    /// Seconds of device time in which the board senses the input.
    double input_seconds() const;
    /// Values handed to the board so far.
    uint64_t streamed() const { return streamed_; }

  private:
    uint32_t speed() const;
    [[noreturn]] void fail(const std::string& what) const;

    std::string id_;
    BuiltApplication application_;
    Input input_;
    std::unique_ptr<firmware::EmulatedBoard> board_;
    std::thread feeder_;
    std::atomic<bool> stop_ = false;
    std::atomic<uint64_t> streamed_ = 0;
    std::string feed_error_;  // set by the feeder before it ends
};

}  // namespace ganglion::cli
