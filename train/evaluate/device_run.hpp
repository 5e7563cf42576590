#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "compile/report.hpp"
#include "device/bundle/bundle.hpp"
#include "device/pipeline/pipeline.hpp"
#include "model/graph.hpp"
#include "project/project.hpp"

namespace ganglion::train {

/// What the pipeline said over one stream, before averaging and threshold.
struct ScoredStream {
    std::vector<uint64_t> samples;  ///< per inference: index of the last sample it has seen
    std::vector<uint16_t> scores;   ///< per inference: permille
    uint64_t length = 0;            ///< samples per channel in the stream
};

/// What the whole pipeline decided over one stream.
struct DecidedStream {
    std::vector<Decision> decisions;            ///< one an inference, of all stages
    std::vector<std::vector<uint16_t>> scores;  ///< by output, before averaging
    uint64_t length = 0;                        ///< samples per channel in the stream
};

/// A project and its model, made into a bundle (signed with a key that lives only here) and run by
/// the device's own integer pipeline. What comes out is, bit for bit, what a board computes.
class DeviceRun {
  public:
    /// Throws std::runtime_error when model and project do not fit each other or break the
    /// project's budget.
    explicit DeviceRun(const project::Project& project);
    /// `graph` stands for the model that the project names.
    DeviceRun(const project::Project& project, const model::Graph& graph);

    /// A fresh pipeline over the samples (interleaved). Safe from several threads at once.
    /// Of the last stage.
    ScoredStream run(std::span<const int16_t> samples) const;

    /// The same, deciding by the bundle's own thresholds, with all stages and labels.
    DecidedStream decide(std::span<const int16_t> samples) const;

    const DecisionParameters& decision() const { return bundle_.decision(); }
    /// minimum_gap_ms in samples per channel.
    uint64_t gap_samples() const {
        return samples_in(bundle_.features().header, decision().minimum_gap_ms);
    }

    /// Where the device's decision block fires on these scores with this threshold (permille):
    /// sample indices.
    std::vector<uint64_t> firings(const ScoredStream& stream, uint32_t threshold) const;

    /// The averages that the threshold is compared with, one per inference.
    std::vector<uint16_t> averages(const ScoredStream& stream) const;

    const Bundle& bundle() const { return bundle_; }
    uint32_t ram_bytes() const;
    uint32_t bundle_bytes() const { return static_cast<uint32_t>(bytes_.size()); }
    const compile::Report& report() const { return report_; }

  private:
    void load(const project::Project& project, const model::Graph* graph);
    uint64_t follow(std::span<const int16_t> samples,
                    const std::function<void(const Decision&, const Pipeline&)>& sink) const;

    std::vector<uint8_t> bytes_;
    Bundle bundle_;
    compile::Report report_;
};

}  // namespace ganglion::train
