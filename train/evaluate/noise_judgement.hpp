#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "project/project.hpp"
#include "train/evaluate/recorded_stream.hpp"

namespace ganglion::train {

/// Real recordings that days in a room are put together from: `[judge] kind = "noises"`.
///
///     data = "home"              # folder with noise_manifest.csv, below the recordings' root
///     sounds = "doorbell"        # folder of sounds with manifest.csv
///     usual = "speech, cough"    # its labels that belong to a day there
///     strange = "smoke_alarm"    # those that belong to no hour
struct NoiseSounds {
    using Clip = std::vector<int16_t>;
    std::vector<Clip> rooms;     ///< background of rooms
    std::vector<Clip> kitchens;  ///< and of a kitchen in use
    std::vector<Clip> learned;   ///< usual sounds of split train
    std::vector<Clip> usual;     ///< of the judged split
    std::vector<Clip> strange;   ///< of the judged split
};

/// Of the background every split takes its own part of each recording's time: train and val the
/// first half, test the second. Throws std::runtime_error: file and what is wrong.
NoiseSounds read_noise_sounds(const project::Project& project, const std::filesystem::path& data,
                              const std::string& split);

/// How days are made: an hour may be shorter than one.
struct NoisePlan {
    uint32_t hour_s = 60;
    uint32_t first_hour = 0;  ///< of the day that it begins in
    uint32_t learned_hours = 4 * 24;
    uint32_t judged_hours = 3 * 24;
};

/// Days in one room: quiet at night, a kitchen in the morning and in the evening, people by day.
struct NoiseDays {
    std::vector<int16_t> samples;
    std::vector<Expected> strange;   ///< 10 dB above all that is usual at that hour
    std::vector<Expected> at_night;  ///< a sound usual by day, as loud as by day, at night
    uint64_t judged_from = 0;
};

/// The same for the same room number, plan and recordings.
NoiseDays noise_days(const NoiseSounds& sounds, const NoisePlan& plan, uint32_t rate_hz,
                     uint64_t room);

/// The project with hours as short as the plan's: alerts become rarer by the same share of a day.
project::Project noise_project(const project::Project& project, const NoisePlan& plan);

struct NoiseJudgement {
    uint64_t strange = 0, strange_missed = 0;
    uint64_t at_night = 0, at_night_missed = 0;
    uint64_t false_alarms = 0;
    double days = 0;
    void add(const NoiseJudgement& other);
};

/// The decisions (samples of firings) against what was put into those days. One belongs to a sound
/// from its begin to `late` samples behind its end.
NoiseJudgement judge_noise(const NoiseDays& days, const std::vector<uint64_t>& fired, uint64_t late,
                           double samples_a_day);

}  // namespace ganglion::train
