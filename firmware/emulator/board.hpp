#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "firmware/layout.hpp"
#include "firmware/update_layout.hpp"

namespace ganglion::firmware {

/// Who the emulated device is and whom it trusts. Certificates and keys are PEM text (P-256).
struct BoardIdentity {
    std::string device_id;
    uint16_t broker_port = 8883;            ///< on the host's 127.0.0.1
    std::string broker_name = "localhost";  ///< the name in the broker's certificate
    std::string authority;
    std::string certificate;
    std::string private_key;
    std::string bundle_key;                 ///< public key whose bundles the device trusts
    std::vector<uint8_t> coordinator = {};  ///< Provisioning::coordinator
};

/// What the factory writes into a board that takes updates (docs/update.md).
struct BoardFactory {
    IdentityPage identity{};        ///< the CRC is filled in
    std::vector<uint8_t> key_list;  ///< envelope, signed by the identity's root
    std::vector<uint8_t> manifest;  ///< envelope of the first bundle's
    std::vector<uint8_t> bundle;
    std::vector<uint8_t> firmware_manifest;  ///< where the boot loader starts: empty otherwise
    std::vector<uint8_t> firmware;           ///< linked for the slot
};

enum class Pace {
    real_time,  ///< idle device time passes as the host's does; busy time may pass faster
    fast,  ///< device time passes as fast as the host executes instructions, a few times faster
};

struct BoardConfig {
    std::filesystem::path firmware;  ///< the ELF
    std::filesystem::path
        image;  ///< the flash; made where absent, else its outbox and boot counter stay
    std::filesystem::path work_dir;  ///< console log, trace, sockets; made where absent
    BoardIdentity identity;
    std::filesystem::path
        bundle;  ///< put into slot A at start(); empty: what the flash holds stays
    /// Written once, into a flash that has no identity for updates yet. Instead of `bundle`.
    std::optional<BoardFactory> factory = {};
    Pace pace = Pace::real_time;
    uint32_t speed = 1;  ///< seconds of a slow sensor that pass in one of the device's
    std::string emulator = "qemu-system-arm";
};

struct LineEdge {
    Line line;
    bool level;
    uint64_t tick;          ///< 40 ns of device time since boot
    uint64_t sample;        ///< last sample (per channel, from 0) that the decision has seen
    uint32_t instructions;  ///< from that sample's arrival to the edge
    bool in_handshake;      ///< the network stack was in a TLS handshake
};

/// One board in QEMU. Methods throw std::runtime_error with what went wrong and what to do. One
/// thread may feed while another does the rest.
class EmulatedBoard {
  public:
    explicit EmulatedBoard(BoardConfig config);
    EmulatedBoard(const EmulatedBoard&) = delete;
    EmulatedBoard& operator=(const EmulatedBoard&) = delete;
    ~EmulatedBoard();  ///< kills the emulator where it still runs

    /// Writes provisioning (with the host's time and fresh entropy) and bundle into the image,
    /// empties the sample ring and starts the emulator. Samples count from 0 again. Stop edges and
    /// console of earlier starts are kept.
    void start();
    /// Ends the emulator in order. The flash stays.
    void stop();
    /// Ends it as a power cut would (SIGKILL).
    void kill();
    bool running() const;

    /// Pulls or plugs the network cable.
    void set_network(bool up);

    /// Puts samples (interleaved channels) into the sensor's ring, waiting for room. False where
    /// the board does not run (any more); what was not taken is lost, as from a microphone whose
    /// device is off.
    bool feed(std::span<const int16_t> samples);
    /// No more samples in this boot. The agent goes on to speak with the broker.
    void end_of_samples();
    /// After end_of_samples(): the sensor goes on after all.
    void more_samples();
    /// Waits until the device has decided on everything fed before end_of_samples(). False on
    /// time-out or where the board does not run.
    bool wait_finished(std::chrono::milliseconds time_out) const;

    /// What the device shows of itself now (see SamplePort).
    SamplePort state() const;
    /// Edges of one line of all starts so far, as the device told them on its serial line.
    std::vector<LineEdge> edges(Line line) const;
    /// The levels that the emulator itself saw written to the line, each start's first and every
    /// change, in order: an independent witness.
    std::vector<bool> witnessed_levels(Line line) const;
    std::string console() const;
    std::filesystem::path console_file() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace ganglion::firmware
