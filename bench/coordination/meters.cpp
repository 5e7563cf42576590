#include "bench/coordination/meters.hpp"

#include <algorithm>
#include <cmath>

#include "paths.hpp"
#include "project/project.hpp"

namespace ganglion::bench::grid {

Meters::Meters() : run_(project::read(GANGLION_SOURCE_DIR "/apps/meter/ganglion.toml")) {}

void Meters::Meter::take(uint32_t hour, double load) {
    const double steps = std::clamp<double>(std::lround(load / step_), -32'000, 32'000);
    const std::array<int16_t, 2> sample = {static_cast<int16_t>(hour % 168 * 60),
                                           static_cast<int16_t>(steps)};
    anomaly_ = 0;
    for (const Decision& decision : device_->push(sample))
        if (decision.fired) anomaly_ = static_cast<uint8_t>(1 + decision.label);
}

uint16_t Meters::Meter::forecast(std::array<int16_t, 24>& load) const {
    load.fill(0);
    uint32_t sum = 0;
    for (uint32_t ahead = 1; ahead <= load.size(); ++ahead) {
        uint16_t error = 0;
        device_->pipeline().forecast(ahead, load[ahead - 1], error);
        if (ahead == 1) sum = error;
    }
    return static_cast<uint16_t>(sum);
}

}  // namespace ganglion::bench::grid
