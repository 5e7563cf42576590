#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/store/records.hpp"

namespace ganglion::fleet {

/// Events of one device and boot, of consecutive ids and sequences, that arrived together, as one
/// string of bytes: some fifteen an event. docs/scaling.md has the format.
class EventPacker {
  public:
    void add(const StoredEvent& event);
    uint32_t count() const { return count_; }
    const std::string& bytes() const { return bytes_; }
    void clear();

  private:
    std::string bytes_, label_;
    uint64_t clock_ms_ = 0, sample_ = 0;
    uint32_t count_ = 0;
};

/// Events in a run at most: who asks for one event reads its whole run.
inline constexpr uint32_t kMostInRun = 64;

/// What the packed events share.
struct PackedFrom {
    int64_t first_id = 0;
    int64_t received_ms = 0;
    uint32_t boot = 0, first_sequence = 0;
    std::string device;
};

/// What a database is asked for of a row of `events e`: the ids at both ends of the run, arrival,
/// boot, first sequence and the packed events.
inline constexpr const char* kPackedColumns =
    "e.first_id, e.last_id, e.received_ms, e.boot, e.first_sequence, e.packed";

/// The `count` events of `bytes`. Throws StoreError where the bytes are not of a packer.
std::vector<StoredEvent> unpack_events(const PackedFrom& from, uint32_t count,
                                       std::string_view bytes);

/// A run on its way into a store: what its row says. Of no event at first.
class Run {
  public:
    /// Whether this event may be the next one: any may be the first.
    bool takes(int64_t device, const StoredEvent& event) const;
    void add(int64_t device, const StoredEvent& event);
    void clear() { packer_.clear(); }

    bool is_empty() const { return packer_.count() == 0; }
    int64_t device() const { return device_; }
    int64_t received_ms() const { return received_ms_; }
    int64_t first_id() const { return first_id_; }
    int64_t last_id() const { return first_id_ + packer_.count() - 1; }
    int64_t boot() const { return boot_; }
    int64_t first_sequence() const { return first_sequence_; }
    int64_t last_sequence() const { return first_sequence_ + packer_.count() - 1; }
    const std::string& packed() const { return packer_.bytes(); }

  private:
    EventPacker packer_;
    int64_t device_ = 0, received_ms_ = 0, first_id_ = 0, boot_ = 0, first_sequence_ = 0;
};

/// The events that a query asks for, out of runs that come in its order.
class EventPage {
  public:
    explicit EventPage(const EventQuery& query) : query_(query) {}

    /// Their runs' last ids are between these two, which are none of them.
    int64_t low_id() const { return query_.after.value_or(0); }
    int64_t high_id() const {
        return query_.before ? *query_.before + kMostInRun : std::numeric_limits<int64_t>::max();
    }

    bool is_full() const { return events_.size() >= query_.limit; }
    void add(std::vector<StoredEvent> run);
    std::vector<StoredEvent> take();  ///< oldest first

  private:
    const EventQuery& query_;
    std::vector<StoredEvent> events_;
};

}  // namespace ganglion::fleet
