#include "train/evaluate/motor_judgement.hpp"

#include <algorithm>
#include <array>
#include <atomic>

#include "train/corpus/parallel.hpp"

namespace ganglion::train {
namespace {

uint64_t learned_samples(const project::Project& project) {
    uint64_t frames = project.running_normal_frames + project.features.frames;
    if (project.learner.kind == project::LearnerChoice::distance) {
        frames +=
            static_cast<uint64_t>(project::number_of(project.learner.parameters, "learn_frames"));
    }
    return project.features.window + project.features.hop * frames;
}

}  // namespace

std::vector<MotorRun> run_simulated(const project::Project& project, const DeviceRun& device,
                                    const std::string& split, double seconds,
                                    const std::function<void(size_t, size_t)>& step) {
    const auto range = motor_range(split);
    std::vector<MotorRun> runs(range.count * 2);
    std::atomic<size_t> done = 0;
    in_parallel(
        runs.size(),
        [&](size_t i) {
            const uint64_t machine = range.first + i / 2;
            const auto kind =
                machine % 2 == 0 ? BearingFault::outer_race : BearingFault::inner_race;
            const bool faulty = i % 2 == 1;
            const auto recording = simulate_motor(random_motor(
                project, machine, seconds, seconds / 2, faulty ? kind : BearingFault::none));
            runs[i].scored = device.run(recording.samples);
            runs[i].first_faulty = recording.first_faulty;
            runs[i].first_judged = learned_samples(project);
            runs[i].name = "simulated " + std::to_string(machine);
            runs[i].label = !faulty                            ? "normal"
                            : kind == BearingFault::outer_race ? "outer_race"
                                                               : "inner_race";
            ++done;
        },
        [&] { step(done, runs.size()); });
    return runs;
}

std::vector<MotorRun> run_recorded(const project::Project& project, const DeviceRun& device,
                                   const std::vector<Vibration>& learned,
                                   const std::vector<Vibration>& healthy,
                                   const std::vector<Vibration>& faulty) {
    std::vector<MotorRun> runs;
    for (const auto& fault : faulty) {
        if (fault.label == "normal") continue;
        std::vector<int16_t> samples;
        for (const auto* part : {&learned, &healthy}) {
            for (const auto& normal : *part) {
                if (normal.label != "normal" || normal.placement != fault.placement) continue;
                samples.insert(samples.end(), normal.samples.begin(), normal.samples.end());
            }
        }
        if (samples.size() < learned_samples(project)) continue;
        MotorRun run;
        run.name = fault.name;
        run.label = fault.label;
        run.first_judged = learned_samples(project);
        run.first_faulty = samples.size();
        samples.insert(samples.end(), fault.samples.begin(), fault.samples.end());
        run.scored = device.run(samples);
        runs.push_back(std::move(run));
    }
    return runs;
}

double MotorJudgement::false_alarms_per_hour() const {
    return healthy_hours > 0 ? static_cast<double>(false_alarms) / healthy_hours : 0;
}

Interval MotorJudgement::false_alarm_rate() const {
    const Interval count = poisson_interval(false_alarms);
    return healthy_hours > 0 ? Interval{count.low / healthy_hours, count.high / healthy_hours}
                             : Interval{};
}

double MotorJudgement::median_delay_s() const {
    if (delays_s.empty()) return 0;
    auto sorted = delays_s;
    std::sort(sorted.begin(), sorted.end());
    return sorted[sorted.size() / 2];
}

double MotorJudgement::worst_delay_s() const {
    return delays_s.empty() ? 0 : *std::max_element(delays_s.begin(), delays_s.end());
}

MotorJudgement judge(const DeviceRun& device, const std::vector<MotorRun>& runs, uint32_t threshold,
                     uint32_t rate_hz) {
    MotorJudgement result;
    std::array<uint64_t, kFullScore + 1> normal_scores{};
    std::array<uint64_t, kFullScore + 1> faulty_scores{};
    for (const auto& run : runs) {
        const bool faulty = run.first_faulty < run.scored.length;
        if (run.first_faulty > run.first_judged) {
            result.healthy_hours +=
                static_cast<double>(run.first_faulty - run.first_judged) / rate_hz / 3600;
        }
        result.faults += faulty ? 1 : 0;
        bool detected = false;
        for (const uint64_t at : device.firings(run.scored, threshold)) {
            if (at < run.first_judged) continue;
            if (at < run.first_faulty) {
                ++result.false_alarms;
            } else if (!detected) {
                detected = true;
                result.delays_s.push_back(static_cast<double>(at - run.first_faulty) / rate_hz);
            }
        }
        if (faulty && !detected) {
            ++result.missed;
            result.missed_names.push_back(run.name);
        }
        const auto averages = device.averages(run.scored);
        for (size_t i = 0; i < averages.size(); ++i) {
            if (run.scored.samples[i] < run.first_judged) continue;
            ++(run.scored.samples[i] < run.first_faulty ? normal_scores
                                                        : faulty_scores)[averages[i]];
        }
    }
    result.roc_area =
        train::roc_area(normal_scores.data(), faulty_scores.data(), normal_scores.size());
    return result;
}

uint32_t choose_threshold(const DeviceRun& device, const std::vector<MotorRun>& runs,
                          double per_hour, uint32_t rate_hz) {
    for (uint32_t threshold = 50; threshold < kFullScore; threshold += 5) {
        if (judge(device, runs, threshold, rate_hz).false_alarm_rate().high <= per_hour)
            return threshold;
    }
    return kFullScore;
}

}  // namespace ganglion::train
