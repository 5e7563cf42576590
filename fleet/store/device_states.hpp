#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "fleet/store/device_state.hpp"
#include "fleet/store/sqlite.hpp"

namespace ganglion::fleet {

/// The rows that writing needs, kept between transactions so that a message costs no reading. Right
/// only while nobody else writes to the database, and only after forget() where a transaction
/// failed.
class DeviceStates {
  public:
    explicit DeviceStates(Database& database);

    /// The device's row; makes it where there is none, and counts it.
    DeviceState& device(const std::string& id, int64_t& made);
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
    Statement add_boot_, read_boot_, write_boot_, read_jumps_, heard_before_;
    std::unordered_map<std::string, DeviceState> devices_;
    std::vector<DeviceState*> touched_;  // in this transaction
};

}  // namespace ganglion::fleet
