#pragma once

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "fleet/audit/audit_log.hpp"
#include "fleet/base/log.hpp"
#include "fleet/coordinate/coordinator.hpp"
#include "fleet/ingest/link.hpp"
#include "fleet/store/store.hpp"

namespace ganglion::fleet {

/// What an operator has set up: feeders with limits, what power costs. Kept as coordination.json in
/// the state folder; nothing is coordinated while there is none.
struct CoordinationSetup {
    struct Feeder {
        std::string id;
        double most_taken = 0, most_given = 0;
    };
    std::vector<Feeder> feeders;
    coordinate::Market market;
    uint32_t cycle_s = 300;
    /// Time runs so many times faster for summaries and set-points: simulated devices of a demo.
    double speed = 1;
    uint32_t start_s = 0;  ///< with `speed`: s since 1970 when it was set up; 0: the real clock

    /// Throws std::runtime_error that says what is wrong.
    static CoordinationSetup read(const nlohmann::json& json);
    nlohmann::json to_json() const;
};

/// The coordinator within the fleet server: summaries from the broker in, signed set-points out,
/// each decision into the audit log before it takes effect. A device belongs to the feeder that its
/// attribute "feeder" names; the feeder's own meter is the device with that feeder's id. Two
/// threads: the link's fills a bounded queue, ours runs the cycles.
class CoordinationService {
  public:
    /// `key`: PEM of the coordinator's private key.
    CoordinationService(const OpenLink& open, const std::filesystem::path& state_dir,
                        std::string key, Store& store, AuditLog& audit, Log log);
    ~CoordinationService();
    CoordinationService(const CoordinationService&) = delete;
    CoordinationService& operator=(const CoordinationService&) = delete;

    /// Begins anew with this setup and keeps it. Throws std::runtime_error where it is no good.
    void set_up(const CoordinationSetup& setup, const std::string& actor);

    /// {"running", "feeders", "cycles", "decisions", …} for the API.
    nlohmann::json state() const;
    /// PEM of the key that devices must trust.
    std::string public_key() const;
    uint64_t rejected() const;

    /// Whether devices are heard.
    bool is_connected() const { return link_->is_connected(); }

  private:
    struct Received {
        std::string device, payload;
    };
    struct Place {
        size_t feeder = 0;
        std::optional<size_t> index;  ///< none: it is the feeder's own meter
    };

    uint32_t now_s() const;
    void begin(const CoordinationSetup& setup);
    void on_message(std::string_view topic, std::span<const uint8_t> payload);
    void work();
    void take(const std::vector<Received>& messages);
    std::optional<Place> place_of(const std::string& device);
    void run_cycle(uint32_t at_s);
    void send(const coordinate::Cycle& cycle, uint32_t at_s);
    void remember(const coordinate::Cycle& cycle, uint32_t at_s, double seconds);

    std::filesystem::path state_dir_;
    Store& store_;
    AuditLog& audit_;
    Log log_;
    std::string key_;

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Received> queue_;
    bool stopping_ = false;
    uint64_t rejected_ = 0;
    std::optional<CoordinationSetup> wanted_;

    // Of the worker alone, but for what state() reads under mutex_.
    std::optional<CoordinationSetup> setup_;
    int64_t began_ms_ = 0;
    std::unique_ptr<coordinate::Coordinator> coordinator_;
    std::map<std::string, Place> places_;
    std::vector<std::vector<std::string>> names_;  ///< devices by feeder and index
    std::map<std::string, Attributes> attributes_;
    uint32_t last_cycle_s_ = 0;
    std::deque<nlohmann::json> cycles_, decisions_;
    nlohmann::json feeders_ = nlohmann::json::array();

    std::unique_ptr<Link> link_;
    std::thread worker_;
};

}  // namespace ganglion::fleet
