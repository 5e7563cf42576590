#pragma once

#include "device/update/messages.hpp"
#include "device/update/updater.hpp"

namespace ganglion::update {

/// What UpdateAgent needs of the device around it.
class AgentPort {
  public:
    /// Says something below the device's own topics ("update", "want"); false where there is no
    /// room now: it is tried again.
    virtual bool send(std::string_view leaf, std::span<const uint8_t> payload) = 0;
    /// The bundle in flash at `offset` reproduces its proof on this device. ok, or why not.
    virtual Status prove(uint32_t offset, uint32_t bytes) = 0;
    /// From now on decides with this bundle. False where it cannot be used after all.
    virtual bool use_bundle(uint32_t offset, uint32_t bytes) = 0;
    /// Starts the device anew: the boot loader then swaps or restores firmware.
    virtual void restart() = 0;
    /// Why an update would come at a bad time ("machine stopped"); empty: it may come.
    virtual std::string_view deferral() = 0;
    /// What the bundle in use has decided since use_bundle().
    virtual ScoreCounts scores() = 0;

  protected:
    ~AgentPort() = default;
};

/// The life of updates on a device that is connected now and then: takes offers, fetches pieces,
/// proves, tries, confirms or undoes, and says so. What must last is in the Updater's flash, so it
/// may be cut off or powered down anywhere. poll() never waits for anybody, but takes as long as
/// hashing, a delta or a proof takes.
class UpdateAgent {
  public:
    /// Once Updater::select_bundle() has been called and the device decides with what it gave. All
    /// must stay.
    UpdateAgent(Updater& updater, AgentPort& port, uint32_t boot)
        : updater_(updater), port_(port), boot_(boot) {}

    void connected();
    /// The fleet's server has answered anything at all in this connection: the reconnect of a
    /// health rule.
    void answered() { answered_ = true; }
    /// True where it was for the updates.
    bool message(std::string_view leaf, std::span<const uint8_t> payload);
    /// Often. `connected`: whether send() makes sense.
    void poll(uint64_t now_ms, bool connected);

  private:
    void take_offer(std::span<const uint8_t> envelope);
    void take_piece(std::span<const uint8_t> payload);
    void take_undo(std::span<const uint8_t> payload);
    void watch_trials(uint64_t now_ms);
    void end_bundle_trial(Health health);
    void end_firmware_trial(Health health);
    void choose_bundle(uint64_t now_ms);
    void fetch(uint64_t now_ms);
    void install();
    bool send_status(uint64_t now_ms);

    Updater& updater_;
    AgentPort& port_;
    uint32_t boot_;
    uint64_t now_ms_ = 0;
    uint64_t trial_since_ms_ = 0;  ///< of the bundle
    uint64_t want_until_ms_ = 0;   ///< the last want is given so long
    uint64_t status_sent_ms_ = 0;
    uint32_t wanted_to_ = 0;  ///< piece behind the last one asked for
    uint32_t refused_ = 0;    ///< sequence
    Status refusal_ = Status::ok;
    bool answered_ = false;
    bool status_due_ = true;
    bool restart_due_ = false;
    bool was_deferred_ = false;
};

}  // namespace ganglion::update
