#pragma once

#include <set>
#include <span>
#include <string>
#include <utility>

#include "fleet/store/device_clock.hpp"
#include "fleet/store/records.hpp"
#include "fleet/store/rows.hpp"

namespace ganglion::fleet {

/// Turns messages into rows, the same for every store. Works inside a transaction of the caller.
class Writer {
  public:
    explicit Writer(Rows& rows) : rows_(rows) {}

    /// One call per transaction.
    Committed write(std::span<const Message> messages);

  private:
    void write_content(const Message& message, const EventsMessage& content);
    void write_content(const Message& message, const StatusRecord& content);
    void write_content(const Message& message, const ReportRecord& content);
    void write_content(const Message& message, const GateRecord& content);
    void write_content(const Message& message, const RejectedMessage& content);

    void count_version(const DeviceState& device, int by);
    void write_event(const Message& message, DeviceState& device, const EventRecord& event,
                     int64_t time_ms, int64_t uncertainty_ms);
    ClockNote hear_clock(const Message& message, DeviceState& device, uint32_t boot,
                         uint64_t clock_ms);
    BootState& touch(const Message& message, DeviceState& device, uint32_t boot);
    void note_loss(DeviceState& device, uint32_t boot, uint32_t oldest);
    bool was_lost(const DeviceState& device, const EventRecord& event);
    void advance(const DeviceState& device, uint32_t boot, BootState& state);

    Rows& rows_;

    // Of the transaction that is being written.
    using Boot = std::pair<std::string, uint32_t>;
    Committed result_;
    std::set<Boot> spoken_of_;
    std::set<Boot> contradicted_;
};

}  // namespace ganglion::fleet
