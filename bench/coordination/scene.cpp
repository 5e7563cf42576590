#include "bench/coordination/scene.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "bench/coordination/load_shapes.hpp"
#include "bench/coordination/meters.hpp"

namespace ganglion::bench::grid {
namespace {

constexpr uint32_t kMondayS = 1'799'625'600;  // 2027-01-11 00:00 UTC
constexpr double kPi = 3.14159265358979;
constexpr uint64_t kUseSeed = 77;

enum Draw : uint64_t {
    kScale,
    kShape,
    kHasSun,
    kSun,
    kHasHeat,
    kHeat,
    kBuffer,
    kHasBattery,
    kBattery,
    kHasCar,
    kCar,
    kLeaves,
    kComes,
    kNeed,
    kDayLeaves,
    kDayComes,
    kDayNeed
};

uint64_t mix(uint64_t x) {
    x += 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
}

uint64_t hash(uint64_t seed, uint64_t a, uint64_t b) {
    return mix(mix(mix(seed) ^ a) ^ b);
}

}  // namespace

double share_of(uint64_t seed, uint64_t a, uint64_t b) {
    return double(hash(seed, a, b) >> 11) / double(uint64_t{1} << 53);
}

double normal_of(uint64_t seed, uint64_t a, uint64_t b) {
    // Sum of eight uniform bytes pairs' halves: variance 8/12 of a unit each.
    uint64_t bits = hash(seed, a, b);
    const uint64_t more = mix(bits);
    double sum = 0;
    for (int i = 0; i < 4; ++i) {
        sum +=
            double(bits >> (16 * i) & 0xffff) / 65535 + double(more >> (16 * i) & 0xffff) / 65535;
    }
    return (sum - 4) / std::sqrt(8.0 / 12);
}

Scene::Scene(const SceneOptions& options)
    : options_(options),
      first_(options.learning_days * kStepsPerDay + kStepsPerDay / 2),
      steps_(first_ + (options.days + 1) * kStepsPerDay),
      start_s_(kMondayS),
      kits_(options.homes) {
    make_weather();
    make_kits();
    make_use(load_shapes({options.data, options.house_year, options.region_year,
                          options.learning_days + options.days + 2}));
    make_limits();
    run_meters();
}

// Temperature and sun of the region: a daily course and slow disturbances (first-order
// autoregressive).
void Scene::make_weather() {
    double warm = 0;
    double cloud = 0;
    for (uint32_t step = 0; step < steps_; ++step) {
        const double hour = double(step % kStepsPerDay) / kStepsPerHour;
        warm = 0.9975 * warm + 0.25 * normal_of(options_.seed, 1001, step);
        cloud = 0.995 * cloud + 0.05 * normal_of(options_.seed, 1002, step);
        const double temperature = 4 + 3 * std::sin(2 * kPi * (hour - 9) / 24) + warm;
        cold_.push_back(static_cast<float>(std::clamp((18 - temperature) / 10, 0.0, 3.5)));
        const double clear = std::max(0.0, std::sin(kPi * (hour - 7) / 10.5)) * 0.65;
        const double open = 1 / (1 + std::exp(-cloud));
        sun_.push_back(static_cast<float>(hour < 7 || hour > 17.5 ? 0 : clear * open));
    }
}

void Scene::make_kits() {
    const uint64_t seed = options_.seed;
    for (uint32_t home = 0; home < options_.homes; ++home) {
        const auto share = [&](Draw draw) { return share_of(seed, home, draw); };
        const auto normal = [&](Draw draw) { return normal_of(seed, home, draw); };
        HomeKit& kit = kits_[home];
        kit.scale = static_cast<float>(0.45 * std::exp(0.4 * normal(kScale)));
        kit.shape = static_cast<uint32_t>(1000 * share(kShape));
        if (share(kHasSun) < 0.4) kit.pv = static_cast<int32_t>(3000 + 5000 * share(kSun));
        if (share(kHasHeat) < 0.4) {
            kit.heat = static_cast<int32_t>(500 + 700 * share(kHeat));
            kit.heat_buffer = static_cast<int32_t>(2000 + 2500 * share(kBuffer));
        }
        if (share(kHasBattery) < 0.35) {
            kit.battery = static_cast<int32_t>(5000 + 9000 * share(kBattery));
            kit.battery_power = kit.battery / 2;
        }
        if (share(kHasCar) >= 0.4) continue;
        kit.car_power = share(kCar) < 0.6 ? 7400 : 11'000;
        const auto near = [&](double hour, Draw draw, double spread) {
            return static_cast<uint32_t>((hour + spread * normal(draw)) * kStepsPerHour);
        };
        kit.leaves = near(7.7, kLeaves, 0.8);
        kit.comes = near(17.9, kComes, 1.2);
        kit.usual_need = static_cast<int32_t>(9000 * std::exp(0.4 * normal(kNeed)));
        for (uint32_t day = 0; day * kStepsPerDay < steps_; ++day) {
            const auto about = [&](Draw draw, double spread) {
                return static_cast<int32_t>(spread * normal_of(seed ^ (draw << 32), home, day) *
                                            kStepsPerHour);
            };
            const int32_t comes = int32_t(day * kStepsPerDay + kit.comes) + about(kDayComes, 0.6);
            const int32_t leaves =
                int32_t((day + 1) * kStepsPerDay + kit.leaves) + about(kDayLeaves, 0.3);
            const double need =
                kit.usual_need * std::exp(0.25 * normal_of(seed ^ 9, home, day ^ 0x5555U));
            // No car needs more than half of what fits its stay.
            const double fits = double(leaves - comes) / kStepsPerHour * kit.car_power / 2;
            kit.stays.push_back({uint32_t(comes), uint32_t(leaves), int32_t(std::min(need, fits))});
        }
    }
}

int32_t Scene::heat_use(uint32_t home, uint32_t step) const {
    return static_cast<int32_t>(float(kits_[home].heat) * cold_[step]);
}

void Scene::make_use(const std::vector<std::vector<float>>& shapes) {
    own_use_.resize(size_t{options_.homes} * steps_);
    for (uint32_t home = 0; home < options_.homes; ++home) {
        const HomeKit& kit = kits_[home];
        const std::vector<float>& shape = shapes[kit.shape % shapes.size()];
        for (uint32_t step = 0; step < steps_; ++step) {
            // Recorded by the hour: a line through the hours' middles.
            const double middle = (step + 0.5) / kStepsPerHour - 0.5;
            const auto before = static_cast<uint32_t>(std::max(middle, 0.0));
            const double part = std::max(middle - before, 0.0);
            const double hourly = shape[before] * (1 - part) + shape[before + 1] * part;
            const double slow = 0.25 * normal_of(kUseSeed, home, step / kStepsPerHour + 1'000'000);
            const double fast = 0.4 * normal_of(kUseSeed, home, step);
            const double load = 1000 * kit.scale * hourly * std::exp(slow + fast - 0.11);
            own_use_[size_t{home} * steps_ + step] =
                static_cast<int32_t>(load + heat_use(home, step) - double(kit.pv) * sun_[step]);
        }
    }
}

// Lines were laid for what homes took before cars came: their highest use and half as much more.
void Scene::make_limits() {
    std::vector<double> total(steps_);
    for (uint32_t feeder = 0; feeder < feeders(); ++feeder) {
        std::vector<double> sum(steps_);
        const uint32_t begin = feeder * options_.homes_per_feeder;
        for (uint32_t home = begin; home < begin + options_.homes_per_feeder; ++home)
            for (uint32_t step = 0; step < steps_; ++step) sum[step] += own_use(home, step);
        limits_.push_back(1.5 * *std::max_element(sum.begin(), sum.begin() + first_));
        for (uint32_t step = 0; step < steps_; ++step) total[step] += sum[step];
    }
    const double mean = std::accumulate(total.begin(), total.begin() + first_, 0.0) / first_;
    // A merit order of the usual kind: cheap and slow first.
    market_.generators = {{"nuclear and hydro", 0.6 * mean, 12, 0.15 * mean},
                          {"wind and coal", 0.4 * mean, 38, 0.3 * mean},
                          {"gas, combined cycle", 0.5 * mean, 62, 0.4 * mean},
                          {"gas, open cycle", 0.5 * mean, 105, 0.8 * mean},
                          {"oil", 2.5 * mean, 190, 2.5 * mean}};
    market_.reserve = 0.1 * mean;
}

// The sun that the weather service expected `issued` for `hour`: wrong by more the further ahead.
float Scene::sun_expected(uint32_t hour, uint32_t issued) const {
    float truth = 0;
    for (uint32_t i = 0; i < kStepsPerHour; ++i) {
        const uint32_t step = std::min(hour * kStepsPerHour + i, steps_ - 1);
        truth += sun_[step] / kStepsPerHour;
    }
    const double spread = 0.35 * std::sqrt(1 - std::exp(-double(hour - issued + 1) / 8));
    // Such errors last for hours.
    constexpr uint32_t lasts = 4;
    const uint64_t from = 2000 + issued / 6;
    const double part = double(hour % lasts) / lasts;
    const double error = (1 - part) * normal_of(options_.seed, from, hour / lasts) +
                         part * normal_of(options_.seed, from, hour / lasts + 1);
    return truth * static_cast<float>(std::exp(spread * error));
}

void Scene::run_meters() {
    const uint32_t first_hour = warm_step() / kStepsPerHour;
    const uint32_t hours = steps_ / kStepsPerHour - first_hour;
    told_.resize(size_t{options_.homes} * hours);
    const Meters meters;
    for (uint32_t home = 0; home < options_.homes; ++home) {
        const auto meter = meters.meter();
        for (uint32_t hour = 0; hour < steps_ / kStepsPerHour; ++hour) {
            if (hour >= first_hour) {
                Told& told = told_[size_t{home} * hours + hour - first_hour];
                told.error = meter->forecast(told.load);
                told.anomaly = meter->anomaly();
            }
            double load = 0;  // the inverter tells the meter what the sun gave
            for (uint32_t i = 0; i < kStepsPerHour; ++i) {
                const uint32_t step = hour * kStepsPerHour + i;
                load += own_use(home, step) + double(kits_[home].pv) * sun_[step];
            }
            meter->take(hour, load / kStepsPerHour);
        }
    }
}

void Scene::tell_forecast(uint32_t home, uint32_t hour, device::Summary& summary) const {
    const uint32_t hours = (steps_ - warm_step()) / kStepsPerHour;
    const Told& told = told_[size_t{home} * hours + hour - warm_step() / kStepsPerHour];
    const double pv = kits_[home].pv;
    for (uint32_t i = 0; i < summary.forecast.size(); ++i)
        summary.forecast[i] = static_cast<int32_t>(told.load[i] * kMeterStep -
                                                   pv * double(sun_expected(hour + i, hour)));
    summary.forecast_count = static_cast<uint32_t>(summary.forecast.size());
    summary.error = static_cast<uint32_t>(told.error * kMeterStep);
}

device::Summary Scene::meter_summary(uint32_t home, uint32_t step,
                                     const std::array<double, 4>& parts, bool slot) const {
    device::Summary summary;
    summary.boot = 1;
    summary.sequence = step + 1;
    summary.clock_s = clock_s(step);
    summary.parts = 4;
    for (uint32_t part = 0; part < 4; ++part)
        summary.measured[part] = static_cast<int32_t>(parts[part]);
    const uint32_t hour = step / kStepsPerHour;
    tell_forecast(home, hour, summary);
    const uint32_t hours = (steps_ - warm_step()) / kStepsPerHour;
    const Told& told = told_[size_t{home} * hours + hour - warm_step() / kStepsPerHour];
    summary.anomaly = slot && told.anomaly != 0 ? 1 : 0;
    return summary;
}

}  // namespace ganglion::bench::grid
