#pragma once

#include <filesystem>
#include <vector>

#include "bench/row.hpp"

namespace ganglion::bench {

/// Time per event of the store on SQLite: decoded messages of 20 events and of one event, from 1000
/// devices, stored durably, once each, with rollups. `work`: a folder on the disk to measure.
std::vector<Row> store_rows(const std::filesystem::path& work);

/// Time of the queries of a page over a store of `events` events: the 95th percentile; then how
/// long a server takes from there until devices can connect and the page can be read.
std::vector<Row> query_rows(const std::filesystem::path& work, uint32_t devices, uint32_t events);

/// The same queries over PostgreSQL, and the time of an event through its store against COPY into a
/// table without an index: a PostgreSQL of its own in a temporary folder, as durable as in earnest.
/// Nothing where PostgreSQL is not on the machine.
std::vector<Row> postgres_rows(uint32_t devices, uint32_t events);

/// How long a reader waits for the first view of the page, in a headless Chromium, of a fleet of
/// `devices` devices with 20 events each: the median. `source`: the project's folder, with the page
/// built. Nothing where Node.js, Chromium or the built page are not there.
std::vector<Row> first_view_rows(const std::filesystem::path& work,
                                 const std::filesystem::path& source, uint32_t devices);

/// Registering `devices` devices, and reading one of them.
std::vector<Row> registry_rows(const std::filesystem::path& work, uint32_t devices);

/// Events from devices over TLS until the store has acknowledged them, against the same messages
/// through the same broker to a subscriber that stores nothing (QoS 1 both), clients included: so
/// many messages of one event, then of 20.
std::vector<Row> end_to_end_rows(const std::filesystem::path& work, uint32_t messages);

/// Insight on simulated fleets with planted truths: shares of what was named wrongly and of what
/// was missed.
std::vector<Row> insight_rows();

}  // namespace ganglion::bench
