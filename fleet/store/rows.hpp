#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "fleet/store/device_state.hpp"
#include "fleet/store/records.hpp"
#include "fleet/store/totals.hpp"

namespace ganglion::fleet {

/// Whether both are the same event: they were decided alike.
inline bool is_same(const EventRecord& one, const EventRecord& other) {
    return one.clock_ms == other.clock_ms && one.kind == other.kind && one.label == other.label &&
           one.score_permille == other.score_permille && one.sample == other.sample;
}

/// What writing reads and changes, within one transaction of the owner: the part of a store that
/// knows its database. What it has read it may keep, until forget().
class Rows {
  public:
    enum class Known { absent, same, another };

    Rows() = default;
    Rows(const Rows&) = delete;
    Rows& operator=(const Rows&) = delete;
    virtual ~Rows() = default;

    /// The first thing of a transaction: the messages that it will be about.
    virtual void prepare(std::span<const Message> messages) = 0;

    /// The device's row; makes it where there is none.
    virtual DeviceState& device(const std::string& id) = 0;
    /// The boot's row; makes it where there is none.
    virtual BootState& boot(DeviceState& device, uint32_t boot) = 0;
    /// When the device was last heard in an earlier boot; when the store was made, where it never
    /// was.
    virtual int64_t heard_before(const DeviceState& device, uint32_t boot) = 0;

    /// False where an event of that name is there already. Its id is set at the latest by finish().
    virtual bool add_event(const DeviceState& device, StoredEvent& event) = 0;
    /// Whether an event of that name is stored, and with this content.
    virtual Known look_up(const DeviceState& device, const EventRecord& event) = 0;
    /// The lowest sequence above `after` that is stored, of a boot that has some.
    virtual std::optional<uint32_t> next_stored(const DeviceState& device, uint32_t boot,
                                                uint32_t after) = 0;
    virtual void add_loss(const DeviceState& device, uint32_t boot, int64_t first,
                          int64_t last) = 0;
    /// Takes the loss that this sequence is part of out of the ledger, and says what it was.
    virtual std::optional<std::pair<int64_t, int64_t>> take_loss(const DeviceState& device,
                                                                 uint32_t boot,
                                                                 uint32_t sequence) = 0;

    /// The jumps of a boot's clock, in place of those that were there.
    virtual void write_jumps(const DeviceState& device, uint32_t boot,
                             const std::vector<ClockJump>& jumps) = 0;

    virtual void write_status(const DeviceState& device, const StatusRecord& status) = 0;
    virtual void write_report(const DeviceState& device, const ReportRecord& report) = 0;
    virtual void add_chunk(const DeviceState& device, const GateRecord& chunk) = 0;
    virtual void add_to_rollups(const DeviceState& device, int64_t time_ms,
                                const RollupRow& change) = 0;

    /// By how much this transaction changes the totals; new devices are in it already.
    Totals& grown() { return grown_; }
    /// The same of versions.
    VersionChanges& versions() { return versions_; }

    /// The last thing of a transaction: writes what has changed, and says the ids of its events.
    virtual void finish(Committed& result) = 0;
    /// After a transaction that failed, or when others may have written.
    virtual void forget() = 0;

  private:
    Totals grown_;
    VersionChanges versions_;
};

}  // namespace ganglion::fleet
