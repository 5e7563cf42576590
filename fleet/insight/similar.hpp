#pragma once

#include <string>
#include <vector>

#include "fleet/insight/history.hpp"

namespace ganglion::fleet::insight {

/// A device whose newest values look like the beginning of another's failure.
struct SimilarHistory {
    std::string device;
    double correlation = 0;  ///< of its newest values with the pattern, -1..1
    double growth =
        0;            ///< by how many of its own quiet deviations it rose over the pattern's length
    double rate = 1;  ///< share of false discoveries at which it is still one
};

/// One device's history for the search.
struct Candidate {
    std::string device;
    History history;
};

/// "One saw it, where else does it begin?": `pattern` is what came before the known failure (its
/// newest value last). Each candidate's newest values of the same length are projected on the
/// smoothed pattern (a matched filter) and measured by the noise of its own earlier values; and
/// they must follow the pattern's shape (correlation after smoothing). Clearest first.
std::vector<SimilarHistory> similar_histories(const History& pattern,
                                              const std::vector<Candidate>& candidates,
                                              double false_discoveries = 0.02,
                                              double least_correlation = 0.5);

}  // namespace ganglion::fleet::insight
