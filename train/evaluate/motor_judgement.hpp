#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "train/corpus/motor_corpus.hpp"
#include "train/evaluate/device_run.hpp"
#include "train/evaluate/intervals.hpp"

namespace ganglion::train {

/// One recording run through the pipeline, and from which sample on it is faulty (its length:
/// never).
struct MotorRun {
    std::string name;
    std::string label;
    ScoredStream scored;
    uint64_t first_faulty = 0;
    uint64_t first_judged = 0;  ///< firings before it are not counted (the device still learns)
};

/// Simulated motors of `split`: each machine once without a fault and once with one that begins
/// half way.
std::vector<MotorRun> run_simulated(const project::Project& project, const DeviceRun& device,
                                    const std::string& split, double seconds,
                                    const std::function<void(size_t, size_t)>& step);

/// For each sensor position: normal running (`learned` then `healthy`) followed by each faulty
/// recording of `faulty`. Positions without a normal recording are left out.
std::vector<MotorRun> run_recorded(const project::Project& project, const DeviceRun& device,
                                   const std::vector<Vibration>& learned,
                                   const std::vector<Vibration>& healthy,
                                   const std::vector<Vibration>& faulty);

struct MotorJudgement {
    uint64_t faults = 0;
    uint64_t missed = 0;
    uint64_t false_alarms = 0;
    double healthy_hours = 0;
    std::vector<double> delays_s;  ///< of detected faults, from the first faulty sample
    std::vector<std::string> missed_names;
    double roc_area = 0.5;  ///< window level, over averaged scores

    double false_alarms_per_hour() const;
    Interval false_alarm_rate() const;
    double median_delay_s() const;
    double worst_delay_s() const;
};

/// A firing before the first faulty sample is a false alarm; the first one after it detects the
/// fault.
MotorJudgement judge(const DeviceRun& device, const std::vector<MotorRun>& runs, uint32_t threshold,
                     uint32_t rate_hz);

/// The lowest threshold (permille, steps of 5) at which even the upper end of the false alarm
/// rate's 95 % interval stays within `per_hour`; 1000 where none does.
uint32_t choose_threshold(const DeviceRun& device, const std::vector<MotorRun>& runs,
                          double per_hour, uint32_t rate_hz);

}  // namespace ganglion::train
