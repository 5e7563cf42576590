#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "fleet/store/postgres.hpp"
#include "fleet/store/postgres_runs.hpp"
#include "fleet/store/rollup_sums.hpp"
#include "fleet/store/rows.hpp"

namespace ganglion::fleet {

/// What who writes is told.
struct Pen {
    int64_t turn = 0;      ///< grows by one with each who writes
    int64_t next_id = 0;   ///< of an event
    int64_t unfolded = 0;  ///< how much is in `rollup_changes`
};

/// Takes the pen: this transaction writes, others wait.
Pen take_pen(PgConnection& connection);

/// The rows in PostgreSQL, read for a whole batch at once and written at its end: a few statements
/// a transaction, however many messages. What was read is kept while nobody else writes.
class PgRows final : public Rows {
  public:
    /// `server`: which server this is, among those that share the database.
    PgRows(PgConnection& connection, std::string server)
        : connection_(connection), server_(std::move(server)) {}

    void prepare(std::span<const Message> messages) override;
    DeviceState& device(const std::string& id) override;
    BootState& boot(DeviceState& device, uint32_t boot) override;
    int64_t heard_before(const DeviceState& device, uint32_t boot) override;
    bool add_event(const DeviceState& device, StoredEvent& event) override;
    Known look_up(const DeviceState& device, const EventRecord& event) override;
    std::optional<uint32_t> next_stored(const DeviceState& device, uint32_t boot,
                                        uint32_t after) override;
    void add_loss(const DeviceState& device, uint32_t boot, int64_t first, int64_t last) override;
    std::optional<std::pair<int64_t, int64_t>> take_loss(const DeviceState& device, uint32_t boot,
                                                         uint32_t sequence) override;
    void write_jumps(const DeviceState& device, uint32_t boot,
                     const std::vector<ClockJump>& jumps) override;
    void write_status(const DeviceState& device, const StatusRecord& status) override;
    void write_report(const DeviceState& device, const ReportRecord& report) override;
    void add_chunk(const DeviceState& device, const GateRecord& chunk) override;
    void add_to_rollups(const DeviceState& device, int64_t time_ms,
                        const RollupRow& change) override {
        sums_.add(device, time_ms, change);
    }
    void finish(Committed& result) override;
    void forget() override;

  private:
    using Boot = std::pair<int64_t, uint32_t>;             // number of a device, boot
    using Name = std::tuple<int64_t, uint32_t, uint32_t>;  // and sequence
    /// Sequences beyond `through` that are stored.
    struct Window {
        std::set<uint32_t> stored;
        std::vector<uint32_t> added;  // in this transaction
    };
    /// What statuses and reports of this transaction say of a device; the later counts.
    struct DeviceChange {
        std::optional<int64_t> online, ram_bytes, flash_bytes, instructions, rate_hz, outbox, score;
        std::optional<std::string> application, bundle_version, bundle_digest, firmware, fault;
    };

    void load_devices(std::span<const Message> messages);
    void load_boots(std::span<const Message> messages);
    void load_windows(const std::vector<Boot>& boots);
    void load_known(std::span<const Message> messages);
    void write_devices();
    void write_changes();
    void write_boots();
    void write_windows();
    void write_rollups();
    void write_meta();

    PgConnection& connection_;
    std::string server_;
    int64_t turn_ = -1, next_id_ = 0, unfolded_ = 0;
    std::unordered_map<std::string, DeviceState> devices_;
    std::map<Boot, Window> windows_;

    // Of the transaction that is being written.
    std::vector<DeviceState*> touched_;
    std::map<const DeviceState*, DeviceChange> changes_;
    std::map<Name, EventRecord> known_;
    std::vector<std::pair<Name, EventRecord>> fresh_;  // stored now, not in `known_` yet
    RollupSums sums_;
    PgRuns runs_;
};

}  // namespace ganglion::fleet
