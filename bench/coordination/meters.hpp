#pragma once

#include <array>
#include <memory>

#include "train/evaluate/learner_run.hpp"

namespace ganglion::bench::grid {

inline constexpr double kMeterStep = 2;  ///< W a step of a home's meter

/// The application apps/meter as it is on a device: its bundle, its pipeline.
class Meters {
  public:
    Meters();

    class Meter {
      public:
        Meter(std::unique_ptr<train::LearnerRun::Device> device, double step)
            : device_(std::move(device)), step_(step) {}
        /// The mean load of an hour, W; hours count from a Monday at 0:00.
        void take(uint32_t hour, double load);
        /// Of the coming 24 hours, in steps; its mean expected error. All 0 while it learns.
        uint16_t forecast(std::array<int16_t, 24>& load) const;
        /// 1 + label that the last hour fired, 0: none.
        uint8_t anomaly() const { return anomaly_; }

      private:
        std::unique_ptr<train::LearnerRun::Device> device_;
        double step_;
        uint8_t anomaly_ = 0;
    };
    /// One new from the factory. `step`: W.
    std::unique_ptr<Meter> meter(double step = kMeterStep) const {
        return std::make_unique<Meter>(run_.device(), step);
    }

  private:
    train::LearnerRun run_;
};

}  // namespace ganglion::bench::grid
