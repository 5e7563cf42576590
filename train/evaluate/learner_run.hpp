#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "device/bundle/bundle.hpp"
#include "device/pipeline/pipeline.hpp"
#include "project/project.hpp"

namespace ganglion::train {

/// A project whose learner judges alone (no model), made into a bundle, signed with a key that
/// lives only here, and run sample by sample by the device's own pipeline.
class LearnerRun {
  public:
    /// Throws std::runtime_error where the project is not of this kind or breaks its budget.
    explicit LearnerRun(const project::Project& project);

    /// One device, new from the factory.
    class Device {
      public:
        explicit Device(const Bundle& bundle);
        /// Takes one sample (a value a channel). What was decided, in order.
        std::vector<Decision> push(std::span<const int16_t> sample);
        /// What it has learned, and going on from that (Pipeline::learned).
        std::vector<uint8_t> learned() const;
        bool resume(std::span<const uint8_t> learned);
        /// Learner::share() and Learner::prime().
        std::vector<int16_t> share() const;
        bool prime(std::span<const int16_t> prior) { return pipeline_.prime(0, prior); }
        const Pipeline& pipeline() const { return pipeline_; }

      private:
        std::vector<uint64_t> ram_;
        Pipeline pipeline_;
    };
    std::unique_ptr<Device> device() const;
    /// Devices made from now on begin with what others have shared.
    void begin_from(std::span<const int16_t> prior) { prior_.assign(prior.begin(), prior.end()); }

    const Bundle& bundle() const { return bundle_; }
    uint32_t ram_bytes() const { return Pipeline::ram_bytes(bundle_); }
    uint32_t bundle_bytes() const { return static_cast<uint32_t>(bytes_.size()); }

  private:
    std::vector<uint8_t> bytes_;
    Bundle bundle_;
    std::vector<int16_t> prior_;
};

/// Samples of a slow sensor for a bundle's proof, the same on every machine: the time goes on, the
/// values swing and now and then jump. `proof.frames` samples, at least 64.
std::vector<int16_t> slow_proof_samples(const project::Project& project);

}  // namespace ganglion::train
