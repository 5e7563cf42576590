#pragma once

#include <torch/torch.h>

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "train/fit/fit_classifier.hpp"
#include "train/network/net.hpp"
#include "train/synthesis/random.hpp"

namespace ganglion::train {

/// Fits networks to one set of labelled windows: weighted cross-entropy with AdamW and a cosine
/// schedule; of each run the epoch that is best on validation is kept.
class ClassTrainer {
  public:
    /// The arguments must outlive it. `epochs`: of all runs, for progress. With `tracks`, an epoch
    /// is a piece from a random place of each, several windows long and learned from at each of its
    /// moments, and `train` is for calibration alone.
    ClassTrainer(const ClassifierSettings& settings, const LabelledWindows& train,
                 std::span<const LabelledTrack> tracks, const LabelledWindows& validation,
                 const ProgressCallback& progress, const StopFlag& stop, uint32_t epochs);

    /// A network of these shapes in floating point, folded and calibrated. With a teacher, half of
    /// the loss is how far its softened outputs are from the teacher's (Hinton et al., "Distilling
    /// the knowledge in a neural network", 2015).
    FoldedNetwork fit(const std::vector<FoldedLayer>& shapes, const std::shared_ptr<Net>& teacher);

    /// The same, as it stands after its last epoch.
    std::shared_ptr<Net> fit_teacher(const std::vector<FoldedLayer>& shapes);

    /// Goes on with fake quantization: the integer engine's rounding in the forward pass. `peak`:
    /// learning rate.
    FoldedNetwork tune(const FoldedNetwork& network, uint32_t epochs, double peak,
                       const std::shared_ptr<Net>& teacher);

    /// Sets the ranges anew from the weights as integers.
    void calibrate_anew(FoldedNetwork& network) const;

    const std::vector<Epoch>& curve() const { return curve_; }

  private:
    void begin(const std::vector<FoldedLayer>& shapes, const std::shared_ptr<Net>& teacher);
    template <typename Model>
    void run(Model& net, uint32_t epochs, double peak, const std::function<void()>& keep);
    template <typename Model>
    torch::Tensor batch_loss(Model& net, size_t first, size_t count);
    torch::Tensor loss_of(const torch::Tensor& logits, const torch::Tensor& targets) const;
    torch::Tensor distance_to_teacher(const torch::Tensor& logits, const torch::Tensor& x) const;
    template <typename Model>
    void judge(Model& net, Epoch& epoch);
    /// Inputs and labels [count, moments] of a batch of `order_`.
    std::pair<torch::Tensor, torch::Tensor> windows_at(size_t first, size_t count);
    std::pair<torch::Tensor, torch::Tensor> pieces_at(size_t first, size_t count);
    void fill(std::span<const int8_t> frames, size_t count, float* target, bool training);
    std::vector<int64_t> shape_of(size_t count) const;
    void tell() const;

    const ClassifierSettings& settings_;
    const LabelledWindows& train_;
    const std::span<const LabelledTrack> tracks_;
    const LabelledWindows& validation_;
    const ProgressCallback& progress_;
    const StopFlag& stop_;
    const uint32_t all_epochs_;
    Random random_;
    std::vector<size_t> order_;
    torch::Tensor weights_;
    std::shared_ptr<Net> teacher_;
    bool convolutional_ = false;
    size_t step_frames_ = 1;  ///< from one output over time to the next
    std::vector<Epoch> curve_;
    std::chrono::steady_clock::time_point start_;
};

}  // namespace ganglion::train
