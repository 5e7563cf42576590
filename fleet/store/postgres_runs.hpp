#pragma once

#include <cstdint>
#include <set>

#include "fleet/store/packed_events.hpp"
#include "fleet/store/postgres.hpp"
#include "fleet/store/records.hpp"

namespace ganglion::fleet {

/// The events of a row that begins with kPackedColumns, oldest first.
std::vector<StoredEvent> unpacked(const PgResult& rows, int row, const std::string& device);

/// Events of a transaction on their way into `events`, packed, and the rows of `runs` that say
/// where they are.
class PgRuns {
  public:
    /// In the order of their ids.
    void add(int64_t device, const StoredEvent& event);
    /// Makes the days' partitions where they are missing and copies all.
    void write(PgConnection& connection);
    void forget();

  private:
    void end_run();

    Run run_;
    bool any_ = false;
    PgCopyRows events_{7}, runs_{7};
    std::set<int64_t> days_, known_days_;
};

/// Forgets the oldest events that arrived before and are not beyond a gap, at most `limit`; returns
/// how many. Inside a transaction that has the pen.
uint64_t forget_oldest(PgConnection& connection, int64_t received_ms, uint32_t limit);

}  // namespace ganglion::fleet
