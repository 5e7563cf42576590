#pragma once

#include <map>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "fleet/store/records.hpp"

namespace ganglion::fleet {

/// The store could not do it now (disk full, locked, I/O error); nothing was changed and trying
/// again is right.
class StoreError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// The fleet's memory. Safe to call from several threads. Every call may throw StoreError.
class Store {
  public:
    Store() = default;
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;
    virtual ~Store() = default;

    /// Stores all messages or none; when it returns they survive a crash of the machine. Events
    /// that are already there are not stored again. `acks` names how far each boot is complete,
    /// also where all were duplicates.
    virtual Committed commit(std::span<const Message> messages) = 0;

    /// Marks every device offline: a fresh connection to the broker knows nothing yet. Returns
    /// whose row changed.
    virtual std::vector<std::string> mark_all_offline() = 0;

    /// What a device shares with others, in place of what was said before; a device that was never
    /// heard is known from now on.
    virtual void set_attributes(const std::string& device, const Attributes& attributes) = 0;
    /// Of every device that has any.
    virtual std::map<std::string, Attributes> attributes() = 0;

    virtual std::vector<RollupRow> rollups(const RollupQuery& query) = 0;
    /// The rows of every device that has some, oldest first, by hours or days; the query's scope is
    /// not looked at.
    virtual std::map<std::string, std::vector<RollupRow>> device_rollups(
        const RollupQuery& query) = 0;

    /// Forgets at most `limit` raw events, and samples from gates, that arrived before; returns how
    /// many. Rollups, counts and what is known about gaps stay, and an event that was forgotten is
    /// not stored again.
    virtual uint64_t forget_before(int64_t received_ms, uint32_t limit) = 0;

    virtual Summary summary() = 0;
    virtual std::vector<DeviceRow> devices(const DeviceQuery& query) = 0;
    virtual std::optional<DeviceRow> device(const std::string& id) = 0;
    /// What devices run, the most used first.
    virtual std::vector<VersionRow> versions() = 0;
    /// Lines of sites, by name; devices without a site are in none.
    virtual std::vector<PlaceRow> places() = 0;
    /// Devices with a fault, and devices offline that were last heard before `silent_since_ms`.
    virtual std::vector<TroubledDevice> troubled(int64_t silent_since_ms) = 0;
    virtual std::vector<StoredEvent> events(const EventQuery& query) = 0;  ///< oldest first
    virtual std::vector<Gap> gaps(const std::optional<std::string>& device) = 0;
    virtual std::vector<GateOpening> gate(const std::optional<std::string>& device) = 0;
};

}  // namespace ganglion::fleet
