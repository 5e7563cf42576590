#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "project/project.hpp"
#include "train/evaluate/device_run.hpp"
#include "train/fit/fit_classifier.hpp"
#include "train/fit/label_thresholds.hpp"
#include "train/recordings/labelled.hpp"

namespace ganglion::train {

/// What the pipeline says over each of the recordings; `step(done, all)` reports progress.
std::vector<ScoredRecording> score_recordings(const project::Project& project,
                                              const DeviceRun& device,
                                              const std::vector<const LabelledRecording*>& chosen,
                                              const std::function<void(size_t, size_t)>& step);

constexpr uint32_t kNeverLeftOut = UINT32_MAX;

/// In which of `folds` parts each recording is left out of the fit, or kNeverLeftOut: those of
/// other splits than train, and what the project made itself. The groups of a label are dealt to
/// the parts in turn. Where groups are not known, the recordings of a label lie in as many blocks,
/// in their order, since neighbours are most alike.
std::vector<uint32_t> folds_of(const std::vector<LabelledRecording>& recordings, uint32_t folds);

/// The recordings of split train ([training] folds), each scored by a network that never saw it or
/// its group. They outlive what comes back. Epochs are chosen on `validation`.
std::vector<ScoredRecording> held_out(const project::Project& project, const LabelledSet& set,
                                      const ClassifierSettings& settings,
                                      const LabelledWindows& validation,
                                      const ProgressCallback& progress, const StopFlag& stop);

}  // namespace ganglion::train
