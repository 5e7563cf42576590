#include "train/search/pipeline_cost.hpp"

#include <cmath>

namespace ganglion::train {
namespace {

/// The most that any reference model takes on a Cortex-M4F (docs/benchmarks.md: mww alexa, 55,171
/// for 23,968), so that what keeps within the time by this count does on the chip.
constexpr double kInstructionsPerMac = 2.31;
/// Of one log-mel frame of 512 points and 40 bands on a Cortex-M4, scaled (docs/features.md).
constexpr double kInstructionsPerFrame = 32000;

double frame_instructions(const project::Project& project) {
    const double points = project.features.fft_size;
    if (project.features.kind != project::Features::log_mel || points < 2) return 0;
    return kInstructionsPerFrame * (points * std::log2(points)) / (512 * 9);
}

}  // namespace

SearchCost cost_of(const project::Project& project, const DeviceRun& device) {
    SearchCost cost;
    cost.ram_bytes = device.ram_bytes();
    cost.flash_bytes = device.bundle_bytes();
    cost.macs = device.report().macs;
    cost.instructions = kInstructionsPerMac * static_cast<double>(cost.macs) +
                        frame_instructions(project) * project.features.stride;
    const auto& f = project.features;
    cost.inferences_per_second =
        project.sensor.samples_per_second() / (static_cast<double>(f.hop) * f.stride);
    return cost;
}

}  // namespace ganglion::train
