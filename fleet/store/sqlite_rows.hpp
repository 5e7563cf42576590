#pragma once

#include "fleet/store/device_states.hpp"
#include "fleet/store/rollups.hpp"
#include "fleet/store/rows.hpp"
#include "fleet/store/sqlite.hpp"
#include "fleet/store/sqlite_runs.hpp"

namespace ganglion::fleet {

/// The rows in SQLite, one statement for each; a run of events is one.
class SqliteRows final : public Rows {
  public:
    explicit SqliteRows(Database& database);

    void prepare(std::span<const Message> messages) override;
    DeviceState& device(const std::string& id) override {
        return states_.device(id, grown().devices);
    }
    BootState& boot(DeviceState& device, uint32_t boot) override {
        return states_.boot(device, boot);
    }
    int64_t heard_before(const DeviceState& device, uint32_t boot) override {
        return states_.heard_before(device, boot);
    }
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
    void write_versions();

    Database& database_;
    DeviceStates states_;
    RollupSums sums_;
    Rollups rollups_;
    SqliteRuns runs_;
    Statement write_status_, write_device_report_, add_chunk_, write_totals_, write_version_;
    int64_t next_id_ = 0;  ///< of an event; 0: not read
};

}  // namespace ganglion::fleet
