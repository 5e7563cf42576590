#pragma once

#include "project/project.hpp"
#include "train/fit/fit.hpp"

namespace ganglion::train {

/// Fits and judges an application whose recordings are whole trials (`[judge] kind = "trials"`):
/// frames of the device's own features, scaling chosen on split `train` and written into
/// `[scaling]`, a classifier of two classes, the threshold chosen on `val` and
/// on held-out people of `train`, figures on `test`.
/// Leaves model, threshold, card and report as fit() does; beside a ganglion.toml of another name
/// (a variant: wrist.toml) card and report bear its name too. Throws std::runtime_error: what,
/// where, what to do.
TrainResult fit_trials(const project::Project& project, const TrainOptions& options,
                       const ProgressCallback& progress);

}  // namespace ganglion::train
