#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "project/compression.hpp"
#include "train/fit/progress.hpp"
#include "train/fit/windows.hpp"
#include "train/quantize/layers.hpp"

namespace ganglion::train {

/// Which model to fit to labelled windows, and how.
struct ClassifierSettings {
    std::string name;  ///< of the application; stands in messages and in the model
    /// Networks: "dense", "ds_cnn" (depthwise-separable over time), "temporal" (whole convolutions
    /// over time), "residual" and "inverted_residual" (blocks whose input is added to their
    /// output), "lstm" and "gru" (the last width is that of the state, those before it of
    /// convolutions). Classical: "forest", "linear_svm", "kernel_svm", "prototypes", "mixture"
    /// (train/classic).
    std::string kind;
    std::vector<uint32_t> channels;  ///< network: widths; forest: trees, depth; others: a class
    uint32_t classes = 2;
    uint32_t epochs = 20;
    uint32_t batch = 64;
    double learning_rate = 0.003;
    double balance = 1;  ///< strength of class_weights()
    double noise = 2;    ///< deviation of the noise added to inputs, in int8 steps
    uint64_t seed = 1;
    project::Compression compression{};  ///< networks alone
    bool spectral = false;  ///< frames of log energies by band: SpectrumChange, mask_spectrum()
};

/// What one epoch came to, for the learning curve.
struct Epoch {
    double train_loss = 0;
    double validation_loss = 0;
    double validation_accuracy = 0;  ///< balanced over the classes
};

/// A network on its way to a smaller one.
struct CompressionStage {
    std::string name;       ///< what was done last
    FoldedNetwork network;  ///< ready for to_graph()
    FoldedNetwork updated;  ///< the same after another epoch: what an update of it would bring
};

struct FittedClassifier {
    FoldedNetwork network;                   ///< calibrated, ready for to_graph()
    std::vector<Epoch> curve;                ///< empty for classical models
    std::vector<CompressionStage> stages{};  ///< with [compression]: without it, then each step
};

/// Fits a classifier with one output a class. Networks: weighted cross-entropy with AdamW and a
/// cosine schedule; the epoch that is best on `validation` (balanced accuracy, then loss) is kept;
/// then the last epochs once more with fake quantization; then what `compression` names, one after
/// the other (train/fit/compression.hpp). Deterministic for equal input and seed.
/// With `tracks` (networks over time alone), each epoch learns from a piece of each track at a
/// random place, at each of its moments, and the last epoch is kept; `train`, windows of theirs, is
/// for calibration.
/// Ends early when `stop` is set, keeping the best so far. Throws std::runtime_error: what is wrong
/// with the settings or the windows.
FittedClassifier fit_classifier(const ClassifierSettings& settings, const LabelledWindows& train,
                                const LabelledWindows& validation, const ProgressCallback& progress,
                                const StopFlag& stop, std::span<const LabelledTrack> tracks = {});

/// The layers of such a network, weights empty. Throws std::runtime_error when they do not fit the
/// window.
std::vector<FoldedLayer> classifier_layers(const ClassifierSettings& settings, uint32_t frames,
                                           uint32_t values);

}  // namespace ganglion::train
