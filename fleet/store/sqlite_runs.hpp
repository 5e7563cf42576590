#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "fleet/store/packed_events.hpp"
#include "fleet/store/records.hpp"
#include "fleet/store/sqlite.hpp"

namespace ganglion::fleet {

/// The events of a row that begins with kPackedColumns, oldest first.
std::vector<StoredEvent> unpacked(const Statement& row, const std::string& device);

/// The table `events` in SQLite: a row is a run. What was added is found at once.
class SqliteRuns {
  public:
    explicit SqliteRuns(Database& database);

    /// In the order of their ids.
    void add(int64_t device, const StoredEvent& event);
    /// Writes what was added and not written yet.
    void write();
    /// What was not written, and what was read: others may change it.
    void forget();

    /// The event of that name.
    std::optional<EventRecord> find(int64_t device, uint32_t boot, uint32_t sequence);
    /// The lowest sequence above `after` that is stored.
    std::optional<uint32_t> next(int64_t device, uint32_t boot, uint32_t after);

  private:
    /// A run that was read, and whose it is.
    struct Read {
        int64_t device = 0;
        std::vector<StoredEvent> events;
    };

    Statement write_, read_, next_;
    Run run_;
    Read read_last_;  ///< who asks for one event asks for its neighbours
};

/// Forgets the oldest events that arrived before and are not beyond a gap, at most `limit`; returns
/// how many. Inside a transaction.
uint64_t forget_oldest(Database& database, int64_t received_ms, uint32_t limit);

}  // namespace ganglion::fleet
