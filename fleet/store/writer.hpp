#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>

#include "fleet/store/records.hpp"
#include "fleet/store/sqlite.hpp"

namespace ganglion::fleet {

/// Turns messages into rows. Works inside a transaction of the caller.
class Writer {
  public:
    explicit Writer(Database& database);

    /// One call per transaction.
    Committed write(std::span<const Message> messages);

  private:
    using Boot = std::pair<std::string, uint32_t>;

    void write_content(const Message& message, const EventsMessage& content);
    void write_content(const Message& message, const StatusRecord& content);
    void write_content(const Message& message, const ReportRecord& content);
    void write_content(const Message& message, const GateRecord& content);
    void write_content(const Message& message, const RejectedMessage& content);

    void write_event(const Message& message, const EventRecord& event, int64_t time_ms,
                     int64_t uncertainty_ms);
    bool is_same_event(const std::string& device, const EventRecord& event);
    void touch(const Message& message, uint32_t boot);
    int64_t note_clock(const Message& message, uint32_t boot, uint64_t clock_ms);
    int64_t last_heard_before(const std::string& device, uint32_t boot);
    uint32_t advance(const Boot& boot);

    Database& database_;
    Statement add_device_, touch_device_, add_boot_, read_boot_, write_clock_, heard_before_;
    Statement add_event_, read_event_, count_events_, next_sequences_, write_through_;
    Statement write_status_, write_report_, write_device_report_, add_chunk_, reject_;

    // Of the transaction that is being written.
    Committed result_;
    std::set<Boot> spoken_of_;
    std::set<Boot> contradicted_;
};

}  // namespace ganglion::fleet
