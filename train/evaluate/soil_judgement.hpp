#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "train/evaluate/bootstrap.hpp"
#include "train/evaluate/learner_run.hpp"
#include "train/evaluate/load_judgement.hpp"

namespace ganglion::train {

/// One soil sensor: minute of the week and moisture in the project's steps (-32768: missing).
struct SoilSeries {
    std::string name;
    bool daily = false;  ///< a mean a day, else an hour
    std::vector<int16_t> minutes;
    std::vector<int16_t> values;
    size_t judged_from = 0;
};

/// Every soil sensor of a folder with a manifest.csv as in the shared field data: each column
/// whose name begins with SENS or ends with vwc_pct. Split as for read_loads(); a recording that is
/// all test is judged after its first week. Throws std::runtime_error where there is none.
std::vector<SoilSeries> read_soils(const project::Project& project,
                                   const std::filesystem::path& folder, const std::string& split);

/// How much the moisture has risen in the three slots before `i`, in `unit` a step; 0 where a
/// reading is missing.
double rise_at(const SoilSeries& series, size_t i, double unit);

struct SoilJudgement {
    std::string name;
    bool daily = false;
    std::vector<RatioBlock> day_ahead;  ///< by week: errors a day ahead, errors of persistence
    uint64_t failed_alarms = 0;
    double weeks = 0;
    uint64_t rises = 0;           ///< of 1 % or more within three hours
    uint64_t rises_found = 0;     ///< told within three hours before to three hours after
    uint64_t wettings_wrong = 0;  ///< told where nothing rose by half of that
    uint64_t dry_spells = 0;      ///< times that the moisture fell below the device's dry line
    uint64_t dry_told = 0;        ///< of them told 6 to 72 hours before
    uint64_t dry_wrong = 0;       ///< told, but not dry within three days
    std::vector<FaultCount> faults;
};

/// The project for daily means: the same learner with one slot a day.
project::Project daily_project(const project::Project& project);

/// Runs the device's pipeline over one sensor, and copies of it through faults of known size. Daily
/// series are judged for their forecast alone. `run`: of project or daily_project().
SoilJudgement judge_soil(const LearnerRun& run, const project::Project& project,
                         const SoilSeries& series);

/// Disease weather against its published definition, computed apart from the device in floating
/// point over whole calendar days.
struct DiseaseJudgement {
    std::string name;
    uint64_t days = 0;
    uint64_t favourable = 0;  ///< by the definition
    uint64_t equal = 0;       ///< days on which the device says the same
};
/// Every weather file (columns temp_c and dew_point_c or rel_humidity_pct, hourly) of the split;
/// humidity from the dew point by the Magnus formula (Alduchov and Eskridge 1996).
std::vector<DiseaseJudgement> judge_disease(const LearnerRun& run, const project::Project& project,
                                            const std::filesystem::path& folder,
                                            const std::string& split);

}  // namespace ganglion::train
