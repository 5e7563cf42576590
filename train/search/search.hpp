#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "project/project.hpp"
#include "train/fit/progress.hpp"
#include "train/search/budget.hpp"
#include "train/search/search_page.hpp"

namespace ganglion::train {

struct SearchOptions {
    std::filesystem::path data;      ///< folder with manifests (find_recordings)
    std::filesystem::path work_dir;  ///< everything reached so far; the search goes on from there
    std::string budget;              ///< as parse_budget() takes it
    size_t candidates = 18;          ///< that keep within the budget and are fitted at first
    size_t parallel = 2;             ///< fitted at a time, each in a process of its own
    uint64_t seed = 1;
    bool synthetic_speech = true;
    std::string device = "cpu";  ///< or "cuda"; each candidate's process uses it
};

struct SearchResult {
    std::vector<Tried> tried;     ///< the longest fitted first, then by loss
    std::filesystem::path page;   ///< search.html: the Pareto front and every candidate
    std::filesystem::path table;  ///< search.json: the same for programs
    std::filesystem::path pick;   ///< folder with ganglion.toml and model.tflite of the best
    std::string summary;          ///< one line
};

/// Looks for features, network, smoothing and threshold that do best on the validation split within
/// a budget. Candidates (draw_candidates) whose cost, by the compiler, exceeds the budget are never
/// fitted. The others are fitted by successive halving (Jamieson and Talwalkar, "Non-stochastic
/// best arm identification", 2016): all for a ninth of [network] epochs, the third of them nearest
/// to the Pareto front (loss against instructions per second) for a third, the third of those for
/// all epochs. Of the last ones the lowest loss is picked. Loss of a wake word: share of validation
/// words missed at the threshold for once, twice and four times [budget] alerts_per_hour, mean; of
/// classes: one less the balanced accuracy of the integer engine.
/// The test split is not looked at. Equal data, project and options give equal results, whatever
/// `parallel` is and however often the search was killed and started again. Throws
/// std::runtime_error: what is wrong, or that `stop` was set.
SearchResult search(const project::Project& project, const SearchOptions& options,
                    const ProgressCallback& progress, const StopFlag& stop);

}  // namespace ganglion::train
