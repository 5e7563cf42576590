#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>

#include "train/search/search.hpp"
#include "train/search/space.hpp"

namespace ganglion::train {

/// Fits one candidate for `epochs` and judges it on the validation split: {"loss", "threshold",
/// "average", "ram_bytes", "flash_bytes", "macs", "instructions"}; its model goes to `model`.
nlohmann::json fit_candidate(const project::Project& base, const Candidate& candidate,
                             uint32_t epochs, const SearchOptions& options,
                             const std::filesystem::path& model);

/// Computes and keeps what all candidates with these bands are fitted on, so that it is not done
/// once for each.
nlohmann::json prepare_features(const project::Project& base, const Candidate& candidate,
                                const SearchOptions& options);

}  // namespace ganglion::train
