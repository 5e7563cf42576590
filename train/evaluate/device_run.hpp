#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "compile/report.hpp"
#include "device/bundle/bundle.hpp"
#include "model/graph.hpp"
#include "project/project.hpp"

namespace ganglion::train {

/// What the pipeline said over one stream, before averaging and threshold.
struct ScoredStream {
    std::vector<uint64_t> samples;  ///< per inference: index of the last sample it has seen
    std::vector<uint16_t> scores;   ///< per inference: permille
    uint64_t length = 0;            ///< samples per channel in the stream
};

/// A project and its model, made into a bundle (signed with a key that lives only here) and run by
/// the device's own integer pipeline. What comes out is, bit for bit, what a board computes.
class DeviceRun {
  public:
    /// Throws std::runtime_error when model and project do not fit each other or break the
    /// project's budget.
    DeviceRun(const project::Project& project, const model::Graph& graph);

    /// A fresh pipeline over the samples (interleaved). Safe from several threads at once.
    ScoredStream run(std::span<const int16_t> samples) const;

    /// Where the device's decision block fires on these scores with this threshold (permille):
    /// sample indices.
    std::vector<uint64_t> firings(const ScoredStream& stream, uint32_t threshold) const;

    /// The averages that the threshold is compared with, one per inference.
    std::vector<uint16_t> averages(const ScoredStream& stream) const;

    uint32_t ram_bytes() const;
    uint32_t bundle_bytes() const { return static_cast<uint32_t>(bytes_.size()); }
    const compile::Report& report() const { return report_; }

  private:
    std::vector<uint8_t> bytes_;
    Bundle bundle_;
    compile::Report report_;
};

/// Raw samples that a bundle of this project proves itself with: quiet, then a chirp in noise; the
/// same on every machine. Long enough for `inferences` decisions after `learn_frames` learned
/// frames.
std::vector<int16_t> proof_samples(const project::Project& project, uint32_t inferences = 4,
                                   uint32_t learn_frames = 4);

}  // namespace ganglion::train
