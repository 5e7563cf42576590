#pragma once

#include <set>
#include <span>
#include <string>
#include <utility>

#include "fleet/store/device_states.hpp"
#include "fleet/store/records.hpp"
#include "fleet/store/rollups.hpp"
#include "fleet/store/sqlite.hpp"

namespace ganglion::fleet {

/// Turns messages into rows. Works inside a transaction of the caller.
class Writer {
  public:
    explicit Writer(Database& database);

    /// One call per transaction.
    Committed write(std::span<const Message> messages);
    /// After a transaction that failed, or when others changed what devices share.
    void forget();

  private:
    void write_content(const Message& message, const EventsMessage& content);
    void write_content(const Message& message, const StatusRecord& content);
    void write_content(const Message& message, const ReportRecord& content);
    void write_content(const Message& message, const GateRecord& content);
    void write_content(const Message& message, const RejectedMessage& content);

    void write_event(const Message& message, DeviceState& device, const EventRecord& event,
                     int64_t time_ms, int64_t uncertainty_ms);
    bool add_event(const Message& message, const DeviceState& device, const EventRecord& event,
                   int64_t time_ms, int64_t uncertainty_ms);
    enum class Known { absent, same, another };
    Known look_up(const DeviceState& device, const EventRecord& event);
    BootState& touch(const Message& message, DeviceState& device, uint32_t boot);
    void note_loss(DeviceState& device, uint32_t boot, uint32_t oldest);
    void add_loss(const DeviceState& device, uint32_t boot, int64_t first, int64_t last);
    bool was_lost(const DeviceState& device, const EventRecord& event);
    void advance(const DeviceState& device, uint32_t boot, BootState& state);

    Database& database_;
    DeviceStates states_;
    Rollups rollups_;
    Statement add_event_, read_event_, next_sequences_;
    Statement write_status_, write_device_report_, add_chunk_;

    // Of the transaction that is being written.
    using Boot = std::pair<std::string, uint32_t>;
    Committed result_;
    std::set<Boot> spoken_of_;
    std::set<Boot> contradicted_;
};

}  // namespace ganglion::fleet
