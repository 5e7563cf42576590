#pragma once

#include <vector>

#include "bench/coordination/scene.hpp"
#include "bench/coordination/simulate.hpp"
#include "device/coordinate/local_rule.hpp"

namespace ganglion::bench::grid {

/// The stores of one home and what they do; physics by the same code as the coordinator's view.
class Home {
  public:
    Home(const Scene& scene, uint32_t number);

    /// Cars come and go. True where one did.
    bool pass(uint32_t step);
    /// What its stores will take in this step, before the line's strain eases it.
    /// `issued`: step of the set-point; a car that came later waits for the next one.
    void choose(uint32_t step, Policy policy, const std::optional<device::Levels>& levels,
                uint32_t issued);
    /// Power of the stores at this strain, W.
    int32_t power(uint16_t strain, bool backward, bool eases) const;
    void live(uint32_t step, uint16_t strain, bool backward, bool eases);

    /// Summary at a step, as the device would encode it.
    void tell(uint32_t step, device::Summary& summary) const;

    double content() const { return battery_.content + buffer_.content; }
    double storage_power() const { return double(battery_now_) + buffer_now_; }
    double car_power() const { return car_now_; }
    int64_t late() const { return late_; }  ///< Wh that cars lacked when they left
    int64_t needed() const { return needed_; }
    void forget() { late_ = needed_ = 0; }
    bool has_stores() const { return battery_.most + buffer_.most + kit_.car_power > 0; }

  private:
    uint32_t usual_stay(uint32_t step) const;

    const Scene& scene_;
    const HomeKit& kit_;
    uint32_t number_;
    device::Store battery_{}, buffer_{device::StoreKind::buffer}, car_{device::StoreKind::task};
    size_t stay_ = 0;
    bool here_ = false;
    uint32_t came_ = 0;
    uint32_t delay_ = 0;  ///< steps after the tariff's change at which this home's timer wakes
    int32_t want_battery_ = 0, want_buffer_ = 0, want_car_ = 0;
    int32_t battery_now_ = 0, buffer_now_ = 0, car_now_ = 0;
    int64_t late_ = 0, needed_ = 0;
};

}  // namespace ganglion::bench::grid
