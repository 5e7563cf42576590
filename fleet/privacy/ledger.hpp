#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "fleet/alert/records.hpp"
#include "fleet/pki/pki.hpp"
#include "fleet/store/sqlite.hpp"
#include "fleet/store/store.hpp"
#include "fleet/together/together_store.hpp"

namespace ganglion::fleet {

/// What a device may let out in a day (UTC).
struct PrivacyBudget {
    std::string device;      ///< "*": every device without one of its own
    int64_t bytes_gate = 0;  ///< samples
    int64_t bytes_sent = 0;  ///< everything
};

/// What one device sensed and let out on one day.
struct PrivacyDay {
    std::string device;
    int64_t day_ms = 0;
    uint64_t bytes_sensed = 0, bytes_sent = 0, bytes_gate = 0;
    together::SpentRow shared{};  ///< contributions to what others begin with, and their cost
    std::optional<PrivacyBudget> budget;
    bool is_breach() const {
        return budget && (bytes_gate > static_cast<uint64_t>(budget->bytes_gate) ||
                          bytes_sent > static_cast<uint64_t>(budget->bytes_sent));
    }
};

/// The account of what leaves devices, against their budgets, which an SQLite file of their own
/// keeps. Safe to call from several threads.
class PrivacyLedger {
  public:
    /// What learning together has cost, as TogetherStore::spent().
    using Spent = std::function<std::vector<together::SpentRow>(int64_t from_ms, int64_t to_ms)>;
    PrivacyLedger(const std::filesystem::path& file, Store& store, Spent spent);

    void put(const PrivacyBudget& budget);
    bool remove_budget(const std::string& device);
    std::vector<PrivacyBudget> budgets();

    /// Days that begin in [from_ms, to_ms), by device and day.
    std::vector<PrivacyDay> days(int64_t from_ms, int64_t to_ms);
    /// Of today and yesterday. Nothing, and no work, where there is no budget.
    std::vector<Alarm> breaches(int64_t now_ms);

    /// For an auditor who does not trust the operator's network or files afterwards: the days as
    /// canonical JSON text, signed (ECDSA, SHA-256) with the server's key, with its certificate.
    /// {"body","signature","certificate"}.
    nlohmann::json signed_export(const Pki& pki, int64_t from_ms, int64_t to_ms, int64_t now_ms);

  private:
    Store& store_;
    Spent spent_;
    std::mutex mutex_;
    Database database_;
};

/// What is wrong with an export; nothing where the fleet of this authority has signed it.
std::optional<std::string> fault_of_export(const nlohmann::json& exported,
                                           const std::string& ca_pem);

}  // namespace ganglion::fleet
