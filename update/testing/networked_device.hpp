#pragma once

#include <functional>
#include <memory>
#include <string>

#include "device/update/agent.hpp"
#include "update/testing/device.hpp"

namespace ganglion::update::testing {

/// A whole device but for its sensor, as it is on Linux: flash that may fail, boot loader, updater,
/// and the agent that takes updates from whatever carries its messages.
class NetworkedDevice final : public AgentPort {
  public:
    /// How the images that it may run behave.
    struct Conduct {
        std::function<bool(std::span<const uint8_t> image)> proves;
        /// Adds what the bundle decides between two polls.
        std::function<void(std::span<const uint8_t> image, ScoreCounts& counts)> infer;
    };
    /// Takes one message ("update" or "want"); false: no room now.
    using Send = std::function<bool(std::string_view leaf, std::span<const uint8_t> payload)>;

    /// `crypto`: the lab's, or one of its own where devices run in several threads.
    NetworkedDevice(const Lab& lab, const Crypto& crypto, const Layout& layout,
                    SimulatedFlash& flash, Conduct conduct, Send send)
        : lab_(lab),
          crypto_(crypto),
          layout_(layout),
          flash_(flash),
          conduct_(std::move(conduct)),
          send_(std::move(send)) {}

    /// Boot loader, updater, bundle. False where the power failed meanwhile; throws
    /// std::runtime_error where the device does not start or has no bundle.
    bool power_on();
    /// RAM is lost.
    void power_off();
    bool is_on() const { return agent_ != nullptr; }

    void connected() { agent_->connected(); }
    void message(std::string_view leaf, std::span<const uint8_t> payload);
    /// False where the power failed within.
    bool poll(uint64_t now_ms, bool connected);

    void set_deferral(std::string why) { deferral_ = std::move(why); }
    const Updater& updater() const { return *updater_; }
    std::span<const uint8_t> running() const { return running_; }
    uint32_t boots() const { return boots_; }

  private:
    bool send(std::string_view leaf, std::span<const uint8_t> payload) override;
    Status prove(uint32_t offset, uint32_t bytes) override;
    bool use_bundle(uint32_t offset, uint32_t bytes) override;
    void restart() override { restart_ = true; }
    std::string_view deferral() override { return deferral_; }
    ScoreCounts scores() override { return counts_; }

    const Lab& lab_;
    const Crypto crypto_;
    const Layout& layout_;
    SimulatedFlash& flash_;
    Conduct conduct_;
    Send send_;
    std::unique_ptr<Updater> updater_;
    std::unique_ptr<UpdateAgent> agent_;
    std::span<const uint8_t> running_;
    ScoreCounts counts_;
    std::string deferral_;
    uint32_t boots_ = 0;
    bool restart_ = false;
};

}  // namespace ganglion::update::testing
