#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "device/event/event.hpp"
#include "fleet/base/clock.hpp"
#include "fleet/gateway/line.hpp"
#include "fleet/store/sqlite.hpp"

namespace ganglion::fleet {

/// The outboxes of the devices that a gateway speaks for, in one SQLite file: an event is there
/// from take() until the server has it, through kills and power cuts. Safe to call from several
/// threads; every call may throw StoreError.
///
/// All events are of one boot, which is as old as the file; a file that is made anew has a later
/// one.
class Spool {
  public:
    /// Milliseconds since 1970.
    using Clock = std::function<int64_t()>;

    /// Keeps at most `most_events` (some 100 bytes each); beyond, the oldest of all are dropped,
    /// and the server's gap ledger names them.
    Spool(const std::filesystem::path& file, uint64_t most_events, Clock clock = now_ms);

    /// All or none are on the disk when it returns. An event whose number is not above the last
    /// one of its device is there already, or was.
    void take(std::span<const LineEvent> events);

    /// The oldest of a device, at most `limit`.
    std::vector<Event> oldest(const std::string& device, uint32_t limit);
    /// Lets go of everything up to and with this sequence.
    void acknowledge(const std::string& device, uint32_t through);

    uint32_t boot() const { return boot_; }
    /// Milliseconds since the boot began, by this machine's clock.
    uint64_t clock_ms() const;
    /// Of all devices.
    uint64_t waiting();

  private:
    bool is_known(const LineEvent& event);
    void drop_oldest();

    std::mutex mutex_;
    Database database_;
    const uint64_t most_events_;
    const Clock clock_;
    int64_t created_ms_ = 0;
    uint32_t boot_ = 0;
    uint64_t waiting_ = 0;
};

}  // namespace ganglion::fleet
