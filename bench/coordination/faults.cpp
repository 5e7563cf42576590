#include "bench/coordination/faults.hpp"

#include <algorithm>
#include <functional>

#include "bench/coordination/link.hpp"
#include "fleet/coordinate/plausibility.hpp"

namespace ganglion::bench::grid {
namespace {

constexpr uint32_t kHealthySlots = 3;
constexpr uint32_t kFaultySlots = 3;
constexpr double kLineNoise = 0.001;  ///< of the feeder's meter beside its class, of its reading

struct Fault {
    const char* name;
    bool of_feeder;
    /// What the meter says instead. `size`: 0..1, drawn once an episode; `last`: before the fault.
    std::function<double(double power, double last, double size)> change;
};

const std::vector<Fault>& faults() {
    static const std::vector<Fault> all = {
        {"stuck meter", false, [](double, double last, double) { return last; }},
        {"spoofed meter", false,
         [](double power, double, double size) {
             return power * (size < 0.5 ? 0.2 + 0.6 * size : 1 + 2 * size);
         }},
        {"reversed meter", false, [](double power, double, double) { return -power; }},
        {"feeder fault", true,
         [](double power, double, double size) {
             return size < 0.5 ? power * (1.1 + 0.2 * size) : power * (1 - 0.2 * size);
         }},
    };
    return all;
}

/// One feeder for six slots, with a fault in the second half.
class Episode {
  public:
    Episode(const Scene& scene, uint64_t number)
        : scene_(scene),
          number_(number),
          feeder_(static_cast<uint32_t>(share_of(31, number, 1) * scene.feeders())),
          home_(static_cast<uint32_t>(share_of(31, number, 2) * homes())),
          size_(share_of(31, number, 3)),
          watch_(homes(), {}) {
        const uint32_t hours = scene.options().days * 24 - kHealthySlots - kFaultySlots;
        first_hour_ = scene.first_step() / kStepsPerHour +
                      static_cast<uint32_t>(share_of(31, number, 4) * hours);
    }

    void live(const Fault& fault, FaultTally& tally, FaultOutcome& outcome) {
        ++tally.injected;
        uint32_t found = 0;
        std::vector<bool> accused(homes());
        bool feeder_accused = false;
        for (uint32_t slot = 0; slot < kHealthySlots + kFaultySlots; ++slot) {
            take(slot, slot < kHealthySlots ? nullptr : &fault);
            for (uint32_t home = 0; home < homes(); ++home)
                if (!watch_.believed(home)) accused[home] = true;
            feeder_accused |= watch_.feeder() != plan::Suspicion::none;
            const bool right = fault.of_feeder ? watch_.feeder() != plan::Suspicion::none
                                               : !watch_.believed(home_);
            if (right && found == 0 && slot >= kHealthySlots) found = slot - kHealthySlots + 1;
        }
        if (found != 0) {
            ++tally.found;
            tally.slots_to_find += found;
        }
        outcome.healthy += homes();  // all but the culprit, and the feeder where it is well
        for (uint32_t home = 0; home < homes(); ++home)
            if (accused[home] && (fault.of_feeder || home != home_)) ++outcome.suspected;
        if (feeder_accused && !fault.of_feeder) ++outcome.suspected;
    }

  private:
    uint32_t homes() const { return scene_.options().homes_per_feeder; }

    double quarter(uint32_t home, uint32_t slot, uint32_t part) const {
        const uint32_t step = (first_hour_ + slot) * kStepsPerHour + part * kStepsPerQuarter;
        double sum = 0;
        for (uint32_t i = 0; i < kStepsPerQuarter; ++i)
            sum += scene_.own_use(feeder_ * homes() + home, step + i);
        return sum / kStepsPerQuarter;
    }

    void take(uint32_t slot, const Fault* fault) {
        plan::FeederSlot given;
        given.now_s = scene_.clock_s((first_hour_ + slot + 1) * kStepsPerHour);
        given.measured.assign(4, 0);
        std::vector<device::Summary> said(homes());
        for (uint32_t home = 0; home < homes(); ++home) {
            device::Summary& summary = said[home];
            summary.sequence = slot + 1;
            summary.clock_s = given.now_s;
            summary.parts = 4;
            for (uint32_t part = 0; part < 4; ++part) {
                const double power = quarter(home, slot, part);
                given.measured[part] += power;
                const bool bent = fault != nullptr && !fault->of_feeder && home == home_;
                const double last = quarter(home, kHealthySlots - 1, 3);
                summary.measured[part] =
                    static_cast<int32_t>(bent ? fault->change(power, last, size_) : power);
            }
            scene_.tell_forecast(feeder_ * homes() + home, first_hour_ + slot + 1, summary);
            given.summaries.push_back(&summary);
        }
        for (uint32_t part = 0; part < 4; ++part) {
            double& measured = given.measured[part];
            measured *= 1 + kLineNoise * normal_of(32, number_, slot * 4 + part);
            if (fault != nullptr && fault->of_feeder) measured = fault->change(measured, 0, size_);
        }
        watch_.take(given);
    }

    const Scene& scene_;
    uint64_t number_;
    uint32_t feeder_, home_, first_hour_ = 0;
    double size_;
    plan::FeederWatch watch_;
};

}  // namespace

FaultOutcome inject_faults(const Scene& scene, uint32_t episodes_a_kind) {
    FaultOutcome outcome;
    uint64_t number = 0;
    for (const Fault& fault : faults()) {
        FaultTally tally{fault.name, 0, 0, 0};
        for (uint32_t i = 0; i < episodes_a_kind; ++i)
            Episode(scene, ++number).live(fault, tally, outcome);
        if (tally.found != 0) tally.slots_to_find /= double(tally.found);
        outcome.kinds.push_back(tally);
    }
    return outcome;
}

}  // namespace ganglion::bench::grid
