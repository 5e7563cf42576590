#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "device/coordinate/summary.hpp"
#include "fleet/coordinate/region_plan.hpp"

namespace ganglion::bench::grid {

namespace device = ganglion::coordinate;
namespace plan = ganglion::fleet::coordinate;

inline constexpr uint32_t kStepS = 300;
inline constexpr uint32_t kStepsPerHour = 3600 / kStepS;
inline constexpr uint32_t kStepsPerDay = 24 * kStepsPerHour;

struct SceneOptions {
    uint32_t homes = 2000;
    uint32_t homes_per_feeder = 50;
    uint32_t learning_days = 22;  ///< lived through before the days that count
    uint32_t days = 3;            ///< from noon to noon
    uint64_t seed = 1;
    /// Folder of the shared grid data; where it is absent a generated week stands for it.
    std::filesystem::path data;
    /// Monday on which the learning ends in the household's and the regions' recordings.
    int house_year = 2010, region_year = 2018;
};

/// One stay of a car: steps from the beginning of the scene.
struct Stay {
    uint32_t from = 0, until = 0;
    int32_t need = 0;  ///< Wh
};

struct HomeKit {
    float scale = 1;          ///< of the load's shape
    uint32_t shape = 0;       ///< which week's shape
    int32_t pv = 0;           ///< W at full sun
    int32_t heat = 0;         ///< W of the heat pump for each 10 degrees below 18
    int32_t heat_buffer = 0;  ///< Wh
    int32_t battery = 0;      ///< Wh, 0: none
    int32_t battery_power = 0;
    int32_t car_power = 0;           ///< W, 0: none
    uint32_t leaves = 0, comes = 0;  ///< usual step of the day, as the meter has learned
    int32_t usual_need = 0;
    std::vector<Stay> stays;
};

/// What happens, whatever anybody does about it: the homes with what they have, their own use step
/// by step, the weather, the cars' days, and what each home's meter (the real pipeline of
/// apps/meter) expects at each hour. The same for every policy.
class Scene {
  public:
    explicit Scene(const SceneOptions& options);

    const SceneOptions& options() const { return options_; }
    uint32_t homes() const { return options_.homes; }
    uint32_t feeders() const { return options_.homes / options_.homes_per_feeder; }
    uint32_t feeder_of(uint32_t home) const { return home / options_.homes_per_feeder; }
    uint32_t first_step() const { return first_; }  ///< of those that count: a noon
    /// The coordinator begins so much earlier: from here on there are forecasts.
    uint32_t warm_step() const { return first_ - 6 * kStepsPerHour; }
    uint32_t steps() const { return steps_; }
    /// s since 1970 at a step's beginning: a Monday at 0:00 and on.
    uint32_t clock_s(uint32_t step) const { return start_s_ + step * kStepS; }

    const HomeKit& kit(uint32_t home) const { return kits_[home]; }
    /// Mean power without the stores, W.
    int32_t own_use(uint32_t home, uint32_t step) const {
        return own_use_[size_t{home} * steps_ + step];
    }
    int32_t heat_use(uint32_t home, uint32_t step) const;
    double limit(uint32_t feeder) const { return limits_[feeder]; }  ///< W
    const plan::Market& market() const { return market_; }

    /// The meter's view at the beginning of an hour that counts: forecast and error of a summary.
    void tell_forecast(uint32_t home, uint32_t hour, device::Summary& summary) const;
    /// What a meter says at a step, but for its stores: what each part of the slot measured (means
    /// in W), the forecast and, where the step begins a `slot`, whether that was an anomaly.
    device::Summary meter_summary(uint32_t home, uint32_t step, const std::array<double, 4>& parts,
                                  bool slot) const;

  private:
    void make_kits();
    void make_weather();
    void make_use(const std::vector<std::vector<float>>& shapes);
    void make_limits();
    void run_meters();
    float sun_expected(uint32_t hour, uint32_t issued) const;

    SceneOptions options_;
    uint32_t first_, steps_, start_s_;
    std::vector<HomeKit> kits_;
    std::vector<float> sun_, cold_;  ///< by step: share of full sun; tens of degrees below 18
    std::vector<int32_t> own_use_;
    std::vector<double> limits_;
    plan::Market market_;
    struct Told {
        std::array<int16_t, device::Summary::kHorizon> load;  ///< in kMeterStep, without the sun
        uint16_t error;
        uint8_t anomaly;
    };
    std::vector<Told> told_;  ///< [home][hour that counts]
};

/// Hash of three numbers to a standard normal (nearly) and to 0..1: the same on every machine.
double normal_of(uint64_t seed, uint64_t a, uint64_t b);
double share_of(uint64_t seed, uint64_t a, uint64_t b);

}  // namespace ganglion::bench::grid
