#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "train/evaluate/learner_run.hpp"

namespace ganglion::train {

/// What happened in one home, as the device is told it: minute of the week (local time) and event.
struct HomeLog {
    std::string name;
    struct Event {
        int64_t minute;  ///< since 1970, local time
        int32_t event;
        bool action;  ///< begins an action that can be anticipated
    };
    std::vector<Event> events;         ///< in order of time
    std::vector<std::string> actions;  ///< by event number
    int64_t judged_from = 0;           ///< minute; earlier days are only learned
};

/// Every home of a folder with a manifest.csv as in the shared home data: pairs of activities.csv
/// and sensors.csv in one folder. Actions are the activities' beginnings, numbered as they first
/// appear, at most as many as the project has labels; their ends and the sensors are events behind
/// those. Judged are the split's days from the sixth on: before, there is no routine to know.
/// Throws std::runtime_error where there is none.
std::vector<HomeLog> read_homes(const project::Project& project,
                                const std::filesystem::path& folder, const std::string& split);

/// Everything that the device is told: the events, and -1 each half hour in which nothing happens.
std::vector<HomeLog::Event> with_time_passing(const HomeLog& home);

/// Which of a home's actions are habits: the same action began within an hour of this time of day
/// on at least seven of ten days before.
struct RoutineTruth {
    std::vector<bool> regular;  ///< of each of home.events
    int64_t first = INT64_MAX;  ///< minute that is judged first; INT64_MAX: too few days
    uint64_t days = 0;          ///< that are judged
};
RoutineTruth routine_truth(const HomeLog& home);

struct RoutineJudgement {
    std::string name;
    uint64_t regular = 0;      ///< beginnings of actions that are (RoutineTruth)
    uint64_t anticipated = 0;  ///< of them told before, within the project's window
    uint64_t told = 0;
    uint64_t wrong = 0;  ///< told, but the action did not begin within the window
    uint64_t days = 0;
};
RoutineJudgement judge_routine(const LearnerRun& run, const project::Project& project,
                               const HomeLog& home);

}  // namespace ganglion::train
