#pragma once

#include <cstdint>
#include <set>

#include "fleet/store/postgres.hpp"
#include "fleet/store/records.hpp"

namespace ganglion::fleet {

/// Events of a transaction on their way into `events`, and the rows of `runs` that say where they
/// are.
class PgRuns {
  public:
    /// In the order of their ids.
    void add(int64_t device, const StoredEvent& event);
    /// Makes the days' partitions where they are missing and copies all.
    void write(PgConnection& connection);
    void forget();

  private:
    struct Run {
        int64_t device = 0, received_ms = 0, first_id = 0;
        uint32_t boot = 0, first_sequence = 0, last_sequence = 0;
    };

    void end_run();

    Run run_;
    uint32_t in_run_ = 0;
    bool any_ = false;
    PgCopyRows events_{14}, runs_{7};
    std::set<int64_t> days_, known_days_;
};

}  // namespace ganglion::fleet
