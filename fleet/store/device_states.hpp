#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "fleet/store/records.hpp"
#include "fleet/store/sqlite.hpp"

namespace ganglion::fleet {

/// A row of `boots`, as far as writing needs it.
struct BootState {
    std::optional<int64_t> offset_ms;
    int64_t offset_at_ms = 0;
    int64_t heard_ms = 0;
    uint32_t through = 0, ahead = 0;
    uint64_t inferences = 0, bytes_sensed = 0, bytes_sent = 0, bytes_gate = 0;
    uint64_t gate_openings = 0, overruns = 0, events_lost = 0;
    bool changed = false;
};

/// A row of `devices`, as far as writing needs it.
struct DeviceState {
    std::string id;
    int64_t number = 0;
    int64_t last_seen_ms = 0;
    uint32_t boot = 0;
    std::string bundle_version;
    Attributes attributes;
    uint64_t new_events = 0, new_rejected = 0;
    bool changed = false;
    std::map<uint32_t, BootState> boots;
};

/// The rows that writing needs, kept between transactions so that a message costs no reading. Right
/// only while nobody else writes to the database, and only after forget() where a transaction
/// failed.
class DeviceStates {
  public:
    explicit DeviceStates(Database& database);

    /// The device's row; makes it where there is none.
    DeviceState& device(const std::string& id);
    /// The boot's row; makes it where there is none.
    BootState& boot(DeviceState& device, uint32_t boot);
    /// When the device was last heard in an earlier boot; when the store was made, where it never
    /// was.
    int64_t heard_before(const DeviceState& device, uint32_t boot);
    /// Writes what has changed, as the last thing of a transaction.
    void write_back();
    void forget();

  private:
    void write_back(DeviceState& device);

    Statement add_device_, read_device_, read_attributes_, write_device_;
    Statement add_boot_, read_boot_, write_boot_, heard_before_;
    std::unordered_map<std::string, DeviceState> devices_;
    std::vector<DeviceState*> touched_;  // in this transaction
};

}  // namespace ganglion::fleet
