#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "project/project.hpp"
#include "train/evaluate/device_run.hpp"
#include "train/evaluate/intervals.hpp"
#include "train/recordings/trials.hpp"

namespace ganglion::train {

/// How whole trials are judged: `[judge] kind = "trials"` of a ganglion.toml.
///
///     data = "motion"            # folder with manifest.csv, below the recordings' root
///     under = "sisfall/"         # files of it
///     keys = "activity,trial"    # columns whose change begins a new trial
///     restarts = "t_ms"          # column that begins anew with each trial
///     label = "activity"         # column of the label; none: the manifest's
///     positive = "F"             # labels beginning so are to be found
///     ignored = "5"              # labels that are neither
///     rule = "once"              # "once": fired at all; "mean": the mean score is at the
///     threshold calibrate = 80             # samples of the person's first negative trial put
///     before each
///                                # other trial: the device learned this person first
///     peak = 27                  # training: of a positive trial the frame with the greatest such
///                                # value is the event; none: all frames are
struct TrialRules {
    std::filesystem::path manifest;
    std::string under;
    TrialFormat format;
    std::string positive;
    std::string ignored;
    bool mean = false;
    uint32_t calibrate = 0;
    int32_t peak = -1;

    bool is_positive(const Trial& trial) const { return trial.label.starts_with(positive); }
};

/// Throws std::runtime_error naming the key that is missing.
TrialRules trial_rules(const project::Project& project, const std::filesystem::path& data);

/// The trials, those that are ignored left out, with the calibration put before each.
std::vector<Trial> trials_of(const TrialRules& rules);

struct TrialJudgement {
    uint64_t positives = 0;
    uint64_t found = 0;
    uint64_t negatives = 0;
    uint64_t false_alarms = 0;  ///< negative trials that were taken for positive ones
    double negative_hours = 0;
    double delay_s = 0;              ///< from the beginning of a found trial to the firing, median
    Interval sensitivity_by_person;  ///< 95 %, bootstrap over the groups
    Interval specificity_by_person;
    std::map<std::string, std::pair<uint64_t, uint64_t>> by_label;  ///< label: wrong, all
    std::vector<std::string> wrong;                                 ///< names

    double sensitivity() const;
    double specificity() const;
    /// Share of all trials judged rightly.
    double accuracy() const;
};

/// What the device's pipeline scores over each trial; threshold comes later.
struct ScoredTrial {
    const Trial* trial = nullptr;
    ScoredStream stream;
};
std::vector<ScoredTrial> score_trials(const DeviceRun& device, const std::vector<Trial>& trials);

TrialJudgement judge_trials(const project::Project& project, const TrialRules& rules,
                            const DeviceRun& device, const std::vector<ScoredTrial>& scored,
                            uint32_t threshold);

/// The threshold (permille) in the middle of those with the best mean of sensitivity and
/// specificity.
uint32_t choose_trial_threshold(const project::Project& project, const TrialRules& rules,
                                const DeviceRun& device, const std::vector<ScoredTrial>& scored);

}  // namespace ganglion::train
