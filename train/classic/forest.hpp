#pragma once

#include <cstdint>
#include <vector>

#include "train/fit/fit_classifier.hpp"

namespace ganglion::train {

/// One tree: node 0 is the root.
struct Tree {
    struct Node {
        int32_t value = -1;    ///< which value of the window is asked; -1: a leaf
        int8_t threshold = 0;  ///< to `above` where the value is greater, else to `below`
        uint32_t below = 0;
        uint32_t above = 0;
        std::vector<float> shares;  ///< leaf: share of each class
    };
    std::vector<Node> nodes;
};

/// A random forest (Breiman, "Random forests", Machine Learning 2001): each tree on windows drawn
/// with repetition, each split the best by Gini impurity among a random root of all values.
struct Forest {
    std::vector<Tree> trees;
    uint32_t classes = 0;

    /// The mean of the trees' shares.
    std::vector<float> shares(std::span<const int8_t> window) const;
};

/// channels = [trees, depth]; both may be left out (8, 4). Classes are weighted by `balance`.
Forest grow_forest(const ClassifierSettings& settings, const LabelledWindows& train);

/// The forest as three fully connected layers whose int8 outputs saturate, so that the existing
/// operators compute it exactly but for the rounding of the votes: one output a node (±: above or
/// below), one a leaf (+: every node on its path agrees), and the leaves' votes (Nakandala et al.,
/// "A tensor compiler for unified machine learning prediction serving", OSDI 2020, GEMM strategy).
/// Output: the classes' shares. Weights grow with nodes × leaves: for small forests.
FoldedNetwork lower_forest(const Forest& forest, const std::string& name, uint32_t frames,
                           uint32_t values);

FoldedNetwork fit_forest(const ClassifierSettings& settings, const LabelledWindows& train);

}  // namespace ganglion::train
