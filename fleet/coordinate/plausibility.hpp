#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "fleet/coordinate/envelope.hpp"

namespace ganglion::fleet::coordinate {

enum class Suspicion : uint8_t {
    none,
    silent,      ///< nothing heard for a slot
    stale,       ///< its clock or sequence does not go on
    anomalous,   ///< by its own word
    stuck,       ///< the same power to the step, again and again
    impossible,  ///< beyond its connection
    reversed,    ///< the feeder's sum is right with its sign turned
    lying,       ///< the feeder's sum contradicts it in proportion to what it says
    feeder,      ///< (of a feeder) its sum is off and no device of it explains that
};
const char* to_string(Suspicion suspicion);

/// What a feeder's watch is given for one slot.
struct FeederSlot {
    uint32_t now_s = 0;
    std::vector<double> measured;  ///< by the feeder's own meter, of each part of the slot, W
    /// A summary for each device heard in this slot, by index; null: not heard.
    std::vector<const device::Summary*> summaries;
};

struct WatchOptions {
    double most_power = 25'000;  ///< W of one connection
    uint32_t stale_s = 1800;     ///< a summary's clock may be off by so much
    double noise = 0.0012;       ///< random part of the feeder's meter (class 0.2), of its reading
    double least_noise = 10;     ///< W
    double deviations = 1.8;     ///< of the noise: a slot whose root mean square is beyond is off
    double explains = 0.7;       ///< share of the squared gap that a culprit must explain
    uint32_t stuck_parts = 6;    ///< equal readings in a row
    uint32_t clear_slots = 6;    ///< good slots after which a device is believed again
};

/// Watches the devices of one feeder: whom to believe. A device's word is checked by itself and
/// against the feeder's own meter: the gap between the measured sum and what devices report is,
/// over the parts of the last slots, compared with what each device says. A meter that scales or
/// turns its reading leaves a gap in proportion to its own report and to nobody else's (least
/// squares with one regressor each); among several that do, it is the one whose corrected report is
/// what it was forecast to take. A gap that nobody explains is the feeder's.
class FeederWatch {
  public:
    FeederWatch(size_t devices, const WatchOptions& options);

    void add_device() { devices_.emplace_back(); }
    /// One that was silent when the slot was taken speaks now: late is no lie. Whether it was
    /// silent.
    bool comes_late(size_t device);
    /// Takes a slot; then suspicions hold until the next.
    void take(const FeederSlot& slot);

    Suspicion of(size_t device) const { return devices_[device].suspicion; }
    bool believed(size_t device) const { return of(device) == Suspicion::none; }
    Suspicion feeder() const { return feeder_; }
    /// What the feeder measured beyond the sum of reports, last slot, W: the most that all wrong
    /// reports together can do to the plan.
    double gap() const { return gap_; }
    /// Of the last culprit: share of the squared gap that it explains, and its factor.
    double explained() const { return explained_; }

  private:
    static constexpr size_t kSlots = 3;
    static constexpr size_t kParts = device::Summary::kMostParts;
    static constexpr size_t kWindow = kSlots * kParts;

    struct Device {
        std::array<double, kWindow> reported{};  ///< the newest slot last
        std::array<double, kSlots> foreseen{};   ///< for each of those slots, the slot before
        double expected = 0;                     ///< of the coming slot, by its last good forecast
        double error = 0;
        double factor = 1;  ///< of a culprit: what its report is multiplied with
        uint32_t boot = 0, sequence = 0;
        uint32_t equal_parts = 0, good_slots = 0;
        int32_t last = 0;
        bool known = false;  ///< heard at least once
        Suspicion suspicion = Suspicion::none;
    };
    struct Culprit {
        size_t device = 0;
        double factor = 1, explained = 0;
    };

    Suspicion judge_alone(Device& device, const device::Summary& summary, uint32_t now_s) const;
    void remember(Device& device, const device::Summary* summary);
    bool is_off(const FeederSlot& slot);
    void judge_sum();
    Culprit best_culprit(size_t parts) const;
    double unlikely(const Device& device, double factor, size_t parts) const;
    double explained_by_feeder(size_t parts) const;
    bool reconsider(Device& device) const;
    static Suspicion by_factor(double factor);

    WatchOptions options_;
    std::vector<Device> devices_;
    std::array<double, kWindow> gaps_{}, sums_{};
    double noise_ = 1;  ///< variance of a part's gap where all is well, W^2
    double gap_ = 0, explained_ = 0;
    uint32_t off_slots_ = 0;
    Suspicion feeder_ = Suspicion::none;
};

}  // namespace ganglion::fleet::coordinate
