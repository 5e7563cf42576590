#pragma once

#include "train/fit/fit.hpp"
#include "train/fit/fit_classifier.hpp"
#include "train/recordings/labelled.hpp"

namespace ganglion::train {

/// fit() for applications that tell apart what whole recordings or stretches of them are, on any
/// sensor and feature block: reads and checks the set (read_labelled), chooses the scaling of each
/// value on the training split and writes it into [scaling], fits [network], quantizes, chooses a
/// threshold for each label that may fire on the validation split within [budget] alerts_per_hour,
/// measures the test split, and writes model, thresholds, report.json, report.html and
/// MODEL_CARD.md.
TrainResult fit_labelled(const project::Project& project, const TrainOptions& options,
                         const ProgressCallback& progress, const StopFlag& stop);

/// [network] as fit_classifier() takes it.
ClassifierSettings classifier_settings(const project::Project& project);

/// What it is fitted on: read_labelled(), and what [training] has synthesized and spoken.
/// `step(done, all)` reports the progress of speech.
LabelledSet labelled_set(const project::Project& project, const std::filesystem::path& data,
                         const std::function<void(size_t, size_t)>& step);

/// The windows of one split, as recorded.
LabelledWindows windows_of(const project::Project& project, const LabelledSet& set,
                           const char* split, const std::function<void(size_t, size_t)>& step);

/// What fit_classifier() takes to learn from.
struct Lessons {
    LabelledWindows windows;
    std::vector<LabelledTrack> tracks;  ///< with [training] moments
};

/// Of split train, disturbed copies included. Throws std::runtime_error where [training] moments
/// stands and the sensor is no microphone.
Lessons lessons_of(const project::Project& project, const LabelledSet& set,
                   const std::function<void(size_t, size_t)>& step);

/// How many copies of each training recording are worth making on this sensor, itself included.
size_t recording_copies(const project::Project& project);

/// Whether this project is fitted so: decision kind "classes", or a kind of network that the other
/// ways do not know.
bool is_labelled(const project::Project& project);

}  // namespace ganglion::train
