#include "project/kinds.hpp"

namespace ganglion::project {

const std::vector<LearnerRow>& learner_rows() {
    static const std::vector<LearnerRow> rows = {
        {LearnerChoice::distance,
         "distance",
         {{"learn_frames", 8, 65536, {}},
          {"adapt_shift", 4, 16, 16},
          {"refuse", 1, 1001, {}},
          {"least_deviation", 1, 4096, 32},
          {"doublings", 0.25, 9, 6}}},
    };
    return rows;
}

}  // namespace ganglion::project
