#include "train/classic/forest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "train/synthesis/random.hpp"

namespace ganglion::train {
namespace {

constexpr size_t kLevels = 256;
constexpr uint32_t kMostTrees = 64;
constexpr uint32_t kMostDepth = 8;  // longer paths would not saturate (lower_forest)

struct Split {
    int32_t value = -1;
    int8_t threshold = 0;
    double impurity = 0;
};

class Grower {
  public:
    Grower(const ClassifierSettings& settings, const LabelledWindows& train, uint32_t depth)
        : train_(train),
          classes_(settings.classes),
          depth_(depth),
          weights_(class_weights(train.labels, settings.classes, settings.balance)),
          tried_(std::max<size_t>(
              1, static_cast<size_t>(std::sqrt(static_cast<double>(train.window_values()))))) {}

    Tree grow(Random random) const {
        std::vector<size_t> members(train_.size());
        for (auto& member : members) member = random.below(train_.size());
        Tree tree;
        grow(tree, members, 0, random);
        return tree;
    }

  private:
    uint32_t grow(Tree& tree, const std::vector<size_t>& members, uint32_t level,
                  Random& random) const {
        const auto index = static_cast<uint32_t>(tree.nodes.size());
        tree.nodes.emplace_back();
        const auto shares = shares_of(members);
        const bool pure = *std::max_element(shares.begin(), shares.end()) > 0.9999F;
        Split split;
        if (level < depth_ && !pure && members.size() >= 4) split = best_split(members, random);
        if (split.value < 0) {
            tree.nodes[index].shares = shares;
            return index;
        }
        std::vector<size_t> below;
        std::vector<size_t> above;
        for (const size_t i : members) {
            const int8_t value = train_.window(i)[static_cast<size_t>(split.value)];
            (value > split.threshold ? above : below).push_back(i);
        }
        tree.nodes[index].value = split.value;
        tree.nodes[index].threshold = split.threshold;
        const uint32_t lower = grow(tree, below, level + 1, random);
        const uint32_t upper = grow(tree, above, level + 1, random);
        tree.nodes[index].below = lower;
        tree.nodes[index].above = upper;
        return index;
    }

    std::vector<float> shares_of(const std::vector<size_t>& members) const {
        std::vector<double> counts(classes_, 0);
        for (const size_t i : members) counts[train_.labels[i]] += weights_[train_.labels[i]];
        const double sum = std::accumulate(counts.begin(), counts.end(), 0.0);
        std::vector<float> shares(classes_, 0.0F);
        for (size_t c = 0; c < classes_ && sum > 0; ++c)
            shares[c] = static_cast<float>(counts[c] / sum);
        return shares;
    }

    Split best_split(const std::vector<size_t>& members, Random& random) const {
        Split best;
        best.impurity = 1e30;
        for (size_t attempt = 0; attempt < tried_; ++attempt) {
            const size_t value = random.below(train_.window_values());
            std::vector<double> counts(kLevels * classes_, 0);
            for (const size_t i : members) {
                const auto level = static_cast<size_t>(train_.window(i)[value] + 128);
                counts[level * classes_ + train_.labels[i]] += weights_[train_.labels[i]];
            }
            std::vector<double> all(classes_, 0);
            for (size_t k = 0; k < counts.size(); ++k) all[k % classes_] += counts[k];
            std::vector<double> below(classes_, 0);
            for (size_t level = 0; level + 1 < kLevels; ++level) {
                bool moved = false;
                for (size_t c = 0; c < classes_; ++c) {
                    below[c] += counts[level * classes_ + c];
                    moved = moved || counts[level * classes_ + c] > 0;
                }
                if (!moved) continue;
                const double impurity = impurity_of(below, all);
                if (impurity < best.impurity) {
                    best = {static_cast<int32_t>(value),
                            static_cast<int8_t>(static_cast<int32_t>(level) - 128), impurity};
                }
            }
        }
        return best;
    }

    /// Gini impurity of both sides, each times its weight; 1e30 where one side is empty.
    double impurity_of(const std::vector<double>& below, const std::vector<double>& all) const {
        double sum_below = 0, sum_above = 0, square_below = 0, square_above = 0;
        for (size_t c = 0; c < classes_; ++c) {
            const double above = all[c] - below[c];
            sum_below += below[c];
            sum_above += above;
            square_below += below[c] * below[c];
            square_above += above * above;
        }
        if (sum_below < 1e-9 || sum_above < 1e-9) return 1e30;
        return sum_below - square_below / sum_below + sum_above - square_above / sum_above;
    }

    const LabelledWindows& train_;
    size_t classes_;
    uint32_t depth_;
    std::vector<double> weights_;
    size_t tried_;
};

struct Step {
    uint32_t node;  // among all inner nodes
    bool above;
};

struct Leaf {
    std::vector<Step> path;
    const std::vector<float>* shares;
};

void collect(const Tree& tree, uint32_t index, std::vector<Step>& path,
             std::vector<const Tree::Node*>& inner, std::vector<Leaf>& leaves) {
    const auto& node = tree.nodes[index];
    if (node.value < 0) {
        leaves.push_back({path, &node.shares});
        return;
    }
    const auto own = static_cast<uint32_t>(inner.size());
    inner.push_back(&node);
    for (const bool above : {false, true}) {
        path.push_back({own, above});
        collect(tree, above ? node.above : node.below, path, inner, leaves);
        path.pop_back();
    }
}

FoldedLayer dense(size_t in, size_t out, float reach) {
    FoldedLayer layer;
    layer.in = static_cast<int32_t>(in);
    layer.out = static_cast<int32_t>(out);
    layer.weights.assign(in * out, 0.0F);
    layer.bias.assign(out, 0.0F);
    layer.least = -reach;
    layer.greatest = reach;
    return layer;
}

}  // namespace

std::vector<float> Forest::shares(std::span<const int8_t> window) const {
    std::vector<float> sum(classes, 0.0F);
    for (const auto& tree : trees) {
        const auto* node = tree.nodes.data();
        while (node->value >= 0) {
            const bool above = window[static_cast<size_t>(node->value)] > node->threshold;
            node = &tree.nodes[above ? node->above : node->below];
        }
        for (size_t c = 0; c < classes; ++c)
            sum[c] += node->shares[c] / static_cast<float>(trees.size());
    }
    return sum;
}

Forest grow_forest(const ClassifierSettings& settings, const LabelledWindows& train) {
    const uint32_t trees = settings.channels.empty() ? 8 : settings.channels[0];
    const uint32_t depth = settings.channels.size() < 2 ? 4 : settings.channels[1];
    if (trees == 0 || trees > kMostTrees || depth == 0 || depth > kMostDepth) {
        throw std::runtime_error(
            fmt::format("{}: network.channels: a forest has 1 to {} trees of depth 1 to {}; write "
                        "e.g. [8, 4]",
                        settings.name, kMostTrees, kMostDepth));
    }
    const Grower grower(settings, train, depth);
    const Random root(settings.seed);
    Forest forest;
    forest.classes = settings.classes;
    for (uint32_t t = 0; t < trees; ++t) forest.trees.push_back(grower.grow(root.fork(t)));
    return forest;
}

FoldedNetwork lower_forest(const Forest& forest, const std::string& name, uint32_t frames,
                           uint32_t values) {
    std::vector<const Tree::Node*> inner;
    std::vector<Leaf> leaves;
    for (const auto& tree : forest.trees) {
        std::vector<Step> path;
        collect(tree, 0, path, inner, leaves);
    }
    if (inner.empty()) {
        throw std::runtime_error(
            fmt::format("{}: no value tells the classes apart; a forest has nothing to ask", name));
    }
    FoldedNetwork network;
    network.name = name;
    network.frames = static_cast<int32_t>(frames);
    network.values = static_cast<int32_t>(values);
    network.input_scale = kClassifierInputScale;

    // Half a step above or below the threshold already leaves the int8 range.
    const size_t width = size_t{frames} * values;
    FoldedLayer nodes = dense(width, inner.size(), network.input_scale / 4);
    for (size_t n = 0; n < inner.size(); ++n) {
        nodes.weights[n * width + static_cast<size_t>(inner[n]->value)] = 1;
        nodes.bias[n] = -(static_cast<float>(inner[n]->threshold) + 0.5F) * network.input_scale;
    }
    const float node_step = 2 * nodes.greatest / 255;

    // ±127.5 steps a node: all of a path agree only above (length - 1) of them.
    FoldedLayer paths = dense(inner.size(), leaves.size(), 60 * node_step);
    for (size_t l = 0; l < leaves.size(); ++l) {
        for (const Step& step : leaves[l].path)
            paths.weights[l * inner.size() + step.node] = step.above ? 1.0F : -1.0F;
        paths.bias[l] = -(static_cast<float>(leaves[l].path.size()) - 1) * 127.5F * node_step;
    }
    const float path_step = 2 * paths.greatest / 255;

    FoldedLayer votes = dense(leaves.size(), forest.classes, 1);
    votes.least = 0;
    const float per_tree = 1 / (255 * path_step * static_cast<float>(forest.trees.size()));
    float greatest = 0;
    for (const auto& leaf : leaves)
        for (const float share : *leaf.shares) greatest = std::max(greatest, share * per_tree);
    const float unit = greatest / 127;  // weights as they will be rounded, so that the bias fits
    for (size_t c = 0; c < forest.classes; ++c) {
        for (size_t l = 0; l < leaves.size(); ++l) {
            const float weight = std::nearbyint((*leaves[l].shares)[c] * per_tree / unit) * unit;
            votes.weights[c * leaves.size() + l] = weight;
            votes.bias[c] += weight * 128 * path_step;
        }
    }
    network.layers = {nodes, paths, votes};
    return network;
}

FoldedNetwork fit_forest(const ClassifierSettings& settings, const LabelledWindows& train) {
    return lower_forest(grow_forest(settings, train), settings.name, train.frames, train.values);
}

}  // namespace ganglion::train
