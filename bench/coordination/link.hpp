#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bench/coordination/homes.hpp"
#include "device/coordinate/follower.hpp"
#include "fleet/coordinate/coordinator.hpp"
#include "update/host_crypto.hpp"

namespace ganglion::bench::grid {

inline constexpr uint32_t kStepsPerQuarter = 900 / kStepS;
inline constexpr uint32_t kStepsPerCycle = 1;

/// Between homes and the coordinator: real messages, encoded, signed, checked and counted. One
/// home of a feeder checks the signature for all of it (they are sent the same bytes); every home
/// then checks for itself what its own limits allow.
class Link {
  public:
    explicit Link(const Scene& scene);

    /// A home's summary, at the beginning of a slot or because a car came or went.
    void tell(uint32_t home, uint32_t step, const Home& state, bool slot);
    /// What a home's meter read in a step, W.
    void read(uint32_t home, uint32_t step, double power) {
        used_[home][step % kStepsPerHour / kStepsPerQuarter] += power / kStepsPerQuarter;
    }
    /// What feeders carried in a step.
    void measure(uint32_t step, const std::vector<double>& loads);
    plan::Cycle run(uint32_t step) { return coordinator_.run(scene_.clock_s(step)); }
    void send(uint32_t feeder, uint32_t step, const plan::FeederOrder& order,
              const std::function<bool(uint32_t home)>& reaches);
    /// What a home is to follow now; none: its local rule.
    std::optional<device::Levels> levels(uint32_t home, uint32_t step) const;
    /// Step in which the set-point was made that the home holds.
    uint32_t issued(uint32_t home) const {
        return (held_[home].issued_s - scene_.clock_s(0)) / kStepS;
    }

    void forget_counts() { bytes_ = messages_ = refused_ = 0; }
    uint64_t bytes() const { return bytes_; }
    uint64_t messages() const { return messages_; }
    uint64_t refused() const { return refused_; }
    plan::Coordinator& coordinator() { return coordinator_; }

  private:
    struct Held {
        std::array<device::Levels, device::SetPoint::kMostSteps> levels{};
        uint32_t steps = 0, issued_s = 0;
        device::Summary state;
    };

    const Scene& scene_;
    plan::Coordinator coordinator_;
    std::string key_;
    update::HostCrypto host_;
    update::Crypto crypto_ = host_.callbacks();
    std::vector<std::string> names_;
    std::vector<device::Follower> followers_;  ///< a feeder each
    std::vector<Held> held_;                   ///< a home each
    std::vector<double> sums_;                 ///< of the running cycle
    std::vector<std::array<double, 4>> used_;  ///< of a home: own parts of the slot
    uint64_t bytes_ = 0, messages_ = 0, refused_ = 0;
};

/// The places of a scene's feeders, and the coordinator's options for its market.
std::vector<plan::FeederPlace> places_of(const Scene& scene);
plan::CoordinatorOptions options_for(const Scene& scene);

}  // namespace ganglion::bench::grid
