#pragma once

#include <utility>
#include <vector>

#include "fleet/store/records.hpp"

namespace ganglion::fleet {

/// Puts openings together of their chunks, which come in the order of device, boot, opening and
/// first sample, each as an opening that is complete where the chunk is the last.
class GateOpenings {
  public:
    void add(const GateOpening& chunk);
    std::vector<GateOpening> take() { return std::move(openings_); }

  private:
    std::vector<GateOpening> openings_;
    bool contiguous_ = true;
};

}  // namespace ganglion::fleet
