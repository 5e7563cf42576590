#pragma once

#include "train/fit/fit.hpp"

namespace ganglion::train {

/// fit() for an application that tells heart beats ([features] ecg_beats): a small dense network on
/// the beats' frames of the splits `train` and `val`, unpaced people alone; thresholds for S and V
/// where F1 is greatest over the same people, cross-validated; what it is worth on `test`. Writes
/// model, thresholds, report and card.
TrainResult fit_beats(const project::Project& project, const TrainOptions& options,
                      const ProgressCallback& progress, const StopFlag& stop);

}  // namespace ganglion::train
