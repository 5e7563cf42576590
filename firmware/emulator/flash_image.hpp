#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "firmware/layout.hpp"
#include "firmware/provisioning.hpp"

namespace ganglion::firmware {

struct BoardFactory;

/// The file behind the board's flash and sample port, mapped and shared with the emulator.
class FlashImage {
  public:
    /// Makes the file where it is absent (flash all ones). Throws std::runtime_error where it
    /// cannot be made, has another size, or another process uses it.
    explicit FlashImage(const std::filesystem::path& file);
    FlashImage(const FlashImage&) = delete;
    FlashImage& operator=(const FlashImage&) = delete;
    ~FlashImage();

    /// Throws where it does not fit the page.
    void write_provisioning(const Provisioning& provisioning);
    /// Puts a bundle file into slot A. Throws where it cannot be read or does not fit.
    void write_bundle(const std::filesystem::path& file);

    /// Writes what is for updates, unless there is an identity already. Throws where it does not
    /// fit.
    void write_factory(const BoardFactory& factory);

    /// Empties the ring, as at power-up. `speed`: SamplePort::speed.
    void reset_port(bool fast, uint32_t speed = 1);
    volatile SamplePort& port() const;
    /// Puts values into the ring; takes as many as there is room for.
    size_t put(std::span<const int16_t> values);

  private:
    std::filesystem::path file_;
    int descriptor_ = -1;
    uint8_t* memory_ = nullptr;
};

}  // namespace ganglion::firmware
