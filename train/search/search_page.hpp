#pragma once

#include <string>
#include <vector>

#include "train/search/budget.hpp"

namespace ganglion::train {

/// How far one candidate came.
struct Tried {
    std::string name;
    SearchCost cost;
    double loss = 0;      ///< on the validation split; lower is better
    uint32_t epochs = 0;  ///< it was fitted for; 0: never fitted
    std::string why_not;  ///< what it exceeded or why it failed; empty where it was judged
    bool on_front = false;
    bool picked = false;
};

/// One page that needs nothing else: the Pareto front of loss against instructions per second as a
/// drawing, and every candidate in a table, the weakest too.
std::string search_page(const std::string& title, const std::string& loss_name,
                        const std::string& budget, const std::vector<Tried>& tried);

}  // namespace ganglion::train
