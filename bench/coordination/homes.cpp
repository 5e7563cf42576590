#include "bench/coordination/homes.hpp"

#include <algorithm>

namespace ganglion::bench::grid {
namespace {

constexpr uint32_t kStepsPerQuarter = 900 / kStepS;
constexpr uint32_t kCheapFrom = 22 * kStepsPerHour, kCheapUntil = 6 * kStepsPerHour;

uint32_t quarters(uint32_t steps) {
    return std::min(steps / kStepsPerQuarter, device::Store::kMostQuarters);
}

}  // namespace

Home::Home(const Scene& scene, uint32_t number)
    : scene_(scene), kit_(scene.kit(number)), number_(number) {
    battery_ = {device::StoreKind::storage,
                kit_.battery / 2,
                kit_.battery,
                kit_.battery_power,
                kit_.battery_power,
                0,
                0};
    buffer_.most = kit_.heat_buffer;
    buffer_.content = kit_.heat_buffer / 2;
    delay_ = static_cast<uint32_t>(3 * share_of(5, number, 5));
}

// Quarter hours that the car usually still stays, by what the meter has learned of its habits; it
// does not know the day, and a car may leave earlier.
uint32_t Home::usual_stay(uint32_t step) const {
    constexpr uint32_t early = kStepsPerHour / 2;
    uint32_t usual = kit_.leaves + kStepsPerDay - step % kStepsPerDay;
    if (usual > kStepsPerDay) usual -= kStepsPerDay;
    return std::max(1U, quarters(usual > early ? usual - early : 1));
}

bool Home::pass(uint32_t step) {
    const int32_t heat = scene_.heat_use(number_, step);
    buffer_.give = kit_.heat_buffer == 0 ? 0 : heat;
    buffer_.take = kit_.heat_buffer == 0 ? 0 : std::max(0, kit_.heat * 3 - heat);
    if (kit_.car_power == 0) return false;
    bool changed = false;
    if (here_ && step >= kit_.stays[stay_].until) {
        late_ += car_.room();
        needed_ += kit_.stays[stay_].need;
        here_ = false;
        ++stay_;
        changed = true;
    }
    if (!here_ && stay_ < kit_.stays.size() && step >= kit_.stays[stay_].from) {
        here_ = true;
        came_ = step;
        car_.content = 0;
        car_.most = kit_.stays[stay_].need;
        car_.take = kit_.car_power;
        car_.give = 0;
        car_.from_q = 0;
        changed = true;
    }
    if (here_) car_.until_q = usual_stay(step);
    return changed;
}

void Home::choose(uint32_t step, Policy policy, const std::optional<device::Levels>& levels,
                  uint32_t issued) {
    const uint32_t of_day = step % kStepsPerDay;
    const bool cheap = of_day >= kCheapFrom + delay_ || of_day < kCheapUntil;
    if (policy == Policy::coordinated && levels) {
        want_battery_ = device::respond(battery_, (*levels)[0], kStepS);
        const int32_t car_level = issued >= came_ ? (*levels)[1] : 0;
        want_car_ = here_ ? device::respond(car_, car_level, kStepS) : 0;
        want_buffer_ = device::respond(buffer_, (*levels)[2], kStepS);
        return;
    }
    device::LocalState state;
    state.own_use = scene_.own_use(number_, step);
    state.cheap = policy == Policy::none || cheap;
    want_battery_ = device::local_response(battery_, state, kStepS);
    want_car_ = here_ ? device::local_response(car_, state, kStepS) : 0;
    want_buffer_ = 0;
}

int32_t Home::power(uint16_t strain, bool backward, bool eases) const {
    const int32_t wanted[] = {want_battery_, want_car_, want_buffer_};
    int32_t sum = 0;
    for (const int32_t power : wanted)
        sum += eases ? device::eased(power, strain, backward) : power;
    return sum;
}

void Home::live(uint32_t /*step*/, uint16_t strain, bool backward, bool eases) {
    const auto eased = [&](int32_t power) {
        return eases ? device::eased(power, strain, backward) : power;
    };
    battery_now_ = eased(want_battery_);
    car_now_ = eased(want_car_);
    buffer_now_ = eased(want_buffer_);
    device::advance(battery_, battery_now_, kStepS);
    device::advance(buffer_, buffer_now_, kStepS);
    if (here_) device::advance(car_, car_now_, kStepS);
}

void Home::tell(uint32_t step, device::Summary& summary) const {
    summary.store_count = 0;
    const auto add = [&](const device::Store& store) {
        if (store.valid()) summary.stores[summary.store_count++] = store;
    };
    if (battery_.most > 0) add(battery_);
    if (buffer_.most > 0) add(buffer_);
    if (kit_.car_power == 0) return;
    if (here_) {
        add(car_);
        return;
    }
    device::Store coming{device::StoreKind::task, 0, kit_.usual_need, 0, kit_.car_power, 0, 0};
    uint32_t from = kit_.comes + kStepsPerDay - step % kStepsPerDay;
    if (from > kStepsPerDay) from -= kStepsPerDay;
    const uint32_t stay = kit_.leaves + kStepsPerDay - kit_.comes;
    coming.from_q = std::max(1U, quarters(from));
    coming.until_q = std::min(device::Store::kMostQuarters, coming.from_q + quarters(stay));
    add(coming);
}

}  // namespace ganglion::bench::grid
