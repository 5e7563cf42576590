#include <fmt/format.h>

#include <atomic>

#include "train/corpus/parallel.hpp"
#include "train/evaluate/judges.hpp"
#include "train/evaluate/noise_judgement.hpp"

namespace ganglion::train {

namespace {

constexpr size_t kRooms = 6;

// A block of the learner and the next one: so late may a decision come.
uint64_t late_samples(const project::Project& project) {
    const double block = project::number_of(project.learner.parameters, "block");
    return 2 * static_cast<uint64_t>(block) * project.features.hop;
}

}  // namespace

Judged judge_noises(const JudgeInput& input) {
    const NoisePlan plan;
    const NoiseSounds sounds = read_noise_sounds(input.project, input.data, input.split);
    const DeviceRun device(noise_project(input.project, plan));
    const uint32_t rate = input.project.sensor.rate_hz;
    std::vector<NoiseJudgement> rooms(kRooms);
    std::atomic<size_t> done = 0;
    in_parallel(
        kRooms,
        [&](size_t i) {
            const NoiseDays days = noise_days(sounds, plan, rate, i);
            std::vector<uint64_t> fired;
            for (const Decision& decision : device.decide(days.samples).decisions) {
                if (decision.fired) fired.push_back(decision.sample);
            }
            rooms[i] =
                judge_noise(days, fired, late_samples(input.project), 24.0 * plan.hour_s * rate);
            ++done;
        },
        [&] { input.step(done, kRooms); });
    NoiseJudgement sum;
    for (const NoiseJudgement& room : rooms) sum.add(room);
    Judged judged;
    judged.figures = {
        share_figure("strange sounds missed", sum.strange_missed, sum.strange),
        share_figure("usual by day, missed at night", sum.at_night_missed, sum.at_night),
        rate_figure("false alarms", sum.false_alarms, sum.days, "per day")};
    judged.notes.push_back(fmt::format(
        "{} rooms put together of recordings, an hour in {} s: {} strange sounds, {} at night, "
        "{:.0f} days",
        kRooms, plan.hour_s, sum.strange, sum.at_night, sum.days));
    return judged;
}

RecordedStream noise_stream(const StreamInput& input) {
    // What the device needs before it judges, ten minutes, then four hours of the night made short.
    const NoisePlan plan{.hour_s = 200, .first_hour = 22, .learned_hours = 3, .judged_hours = 4};
    const NoiseDays days = noise_days(read_noise_sounds(input.project, input.data, input.split),
                                      plan, input.project.sensor.rate_hz, 0);
    RecordedStream stream;
    stream.samples = days.samples;
    stream.tolerance = late_samples(input.project);
    for (const auto* sounds : {&days.strange, &days.at_night})
        stream.expected.insert(stream.expected.end(), sounds->begin(), sounds->end());
    stream.description = "a room at night, with sounds that do not belong there";
    return stream;
}

}  // namespace ganglion::train
