#include "fleet/store/gate_openings.hpp"

namespace ganglion::fleet {

void GateOpenings::add(const GateOpening& chunk) {
    constexpr uint64_t sample_bytes = 2;
    const bool same = !openings_.empty() && openings_.back().device == chunk.device &&
                      openings_.back().boot == chunk.boot &&
                      openings_.back().opening == chunk.opening;
    if (!same) {
        contiguous_ = true;
        openings_.push_back(chunk);
        return;
    }
    GateOpening& opening = openings_.back();
    contiguous_ =
        contiguous_ && opening.first_sample + opening.bytes / sample_bytes == chunk.first_sample;
    opening.bytes += chunk.bytes;
    opening.complete = contiguous_ && chunk.complete;
}

}  // namespace ganglion::fleet
