#include <algorithm>

#include "bench/fleet/bench_fleet.hpp"
#include "bench/fleet/load.hpp"
#include "fleet/store/postgres_store.hpp"
#include "fleet/testing/postgres_cluster.hpp"

namespace ganglion::bench {
namespace {

using fleet::testing::PostgresCluster;

constexpr uint32_t kDevices = 1000;
constexpr uint32_t kMessageEvents = 20;
constexpr uint32_t kRounds = 20;

/// The same events into a table without an index, one durable COPY a batch, nothing else: as fast
/// as PostgreSQL takes them.
class PlainCopy {
  public:
    explicit PlainCopy(const std::string& uri) : connection_(uri, "SET synchronous_commit = on") {
        connection_.run(
            "CREATE TABLE plain (id bigint, received_ms bigint, device bigint, boot bigint, "
            "sequence bigint, clock_ms bigint, time_ms bigint, uncertainty_ms bigint, sample "
            "bigint, stop_samples bigint, stop_instructions bigint, kind smallint, score smallint, "
            "label text)");
    }

    void take(const std::vector<fleet::Message>& messages) {
        fleet::PgCopyRows rows(14);
        int64_t device = 0;
        for (const fleet::Message& message : messages) {
            ++device;
            for (const fleet::EventRecord& event :
                 std::get<fleet::EventsMessage>(message.content).events) {
                rows.begin_row();
                for (const int64_t number :
                     {++id_, message.received_ms, device, int64_t{event.boot},
                      int64_t{event.sequence}, static_cast<int64_t>(event.clock_ms),
                      message.received_ms, int64_t{0}, static_cast<int64_t>(event.sample)})
                    rows.add(number);
                rows.add_null();
                rows.add_null();
                rows.add_small(event.kind);
                rows.add_small(event.score_permille);
                rows.add(std::string_view(event.label));
            }
        }
        connection_.copy("COPY plain FROM STDIN (FORMAT binary)", rows);
    }

  private:
    fleet::PgConnection connection_;
    int64_t id_ = 0;
};

}  // namespace

std::vector<Row> postgres_rows(uint32_t devices, uint32_t events) {
    if (!PostgresCluster::is_installed()) return {};
    PostgresCluster cluster(PostgresCluster::Sync::full);
    const std::string uri = cluster.new_database();
    fleet::PgStore store(uri, "bench");
    PlainCopy plain(uri);
    std::vector<double> ours, theirs;
    for (uint32_t round = 0; round < kRounds; ++round) {
        const auto messages = batch(0, kDevices, 1 + round * kMessageEvents, kMessageEvents);
        constexpr double each = 1e6 / (kDevices * kMessageEvents);
        // One after the other, so that what else happens on the machine happens to both.
        ours.push_back(each * seconds_of([&] { store.commit(messages); }));
        theirs.push_back(each * seconds_of([&] { plain.take(messages); }));
    }
    std::ranges::sort(ours);
    std::ranges::sort(theirs);
    std::vector<Row> rows{{.bench = kBench,
                           .name = "PostgreSQL store, 20 events a message, median batch",
                           .value = ours[kRounds / 2],
                           .unit = "µs/event",
                           .peer = "COPY into a table without an index, same run",
                           .peer_value = theirs[kRounds / 2],
                           .goal = 1.25}};
    fleet::PgStore asked(cluster.new_database(), "bench");
    const std::vector<Row> pages = page_rows(asked, "PostgreSQL", devices, events);
    rows.insert(rows.end(), pages.begin(), pages.end());
    return rows;
}

}  // namespace ganglion::bench
