#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "fleet/rollout/rollout_rows.hpp"

namespace ganglion::fleet {

/// What people ask of devices and rollouts, over a connection of its own: SQLite's write-ahead log
/// lets it see the last commit while another writes, so no query waits for a batch. Safe to call
/// from several threads; every call may throw StoreError.
class RolloutReader {
  public:
    explicit RolloutReader(const std::filesystem::path& file);

    std::optional<KnownDevice> device(const std::string& id);
    /// That run this application, have such ids and these attributes; empty: any.
    int64_t device_count(const std::string& application, const std::string& pattern,
                         const Attributes& attributes);
    /// By device, behind the id `after`.
    std::vector<NamedTarget> named_targets(int64_t rollout, std::optional<TargetState> state,
                                           std::optional<uint32_t> stage, const std::string& after,
                                           size_t limit);
    std::vector<DecisionRow> decisions(int64_t rollout, size_t limit);  ///< newest first

  private:
    std::mutex mutex_;
    Database database_;
};

}  // namespace ganglion::fleet
