#include <ctime>
#include <functional>

#include "bench/fleet/bench_fleet.hpp"
#include "bench/fleet/load.hpp"
#include "fleet/store/postgres_store.hpp"
#include "fleet/testing/postgres_cluster.hpp"

namespace ganglion::bench {
namespace {

using fleet::testing::PostgresCluster;

constexpr uint32_t kDevices = 1000;
/// Enough for what the store does only once in many batches to be among them.
constexpr uint32_t kRounds = 80;

int64_t backend_of(fleet::PgConnection& connection) {
    return connection.run("SELECT pg_backend_pid()", fleet::PgValues()).integer(0, 0);
}

/// The processes that serve the connections there are to this database.
std::vector<int64_t> backends_of(const std::string& uri) {
    fleet::PgConnection connection(uri, "");
    const fleet::PgResult rows = connection.run(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
        "pg_backend_pid() AND backend_type = 'client backend'",
        fleet::PgValues());
    return fleet::each_row(
        rows, [](const fleet::PgResult& found, int row) { return found.integer(row, 0); });
}

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
        backend_ = backend_of(connection_);
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

    int64_t backend() const { return backend_; }

  private:
    fleet::PgConnection connection_;
    int64_t id_ = 0, backend_ = 0;
};

/// Sums over batches.
struct Cost {
    double wall = 0, processor = 0;
};

/// Adds what the action takes, here and in these processes of the database.
void add_cost(Cost& cost, const std::vector<int64_t>& backends,
              const std::function<void()>& action) {
    const auto used = [&] {
        timespec own{};
        ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own);
        double seconds = static_cast<double>(own.tv_sec) + 1e-9 * static_cast<double>(own.tv_nsec);
        for (const int64_t backend : backends) seconds += processor_seconds(backend);
        return seconds;
    };
    const double before = used();
    cost.wall += seconds_of(action);
    cost.processor += used() - before;
}

/// Batches through the store and into a plain table, one after the other, so that what else happens
/// on the machine happens to both.
std::vector<Row> store_against_copy(PostgresCluster& cluster, uint32_t per_message,
                                    std::optional<double> goal) {
    const std::string uri = cluster.new_database();
    fleet::PgStore store(uri, "bench");
    const std::vector<int64_t> backends = backends_of(uri);
    PlainCopy plain(uri);
    Cost ours, theirs;
    for (uint32_t round = 0; round < kRounds; ++round) {
        const auto messages = batch(0, kDevices, 1 + round * per_message, per_message);
        add_cost(ours, backends, [&] { store.commit(messages); });
        add_cost(theirs, {plain.backend()}, [&] { plain.take(messages); });
    }
    const double each = 1e6 / (kDevices * kRounds * per_message);
    const auto against = [&](const std::string& what, double value, double peer) {
        return Row{.bench = kBench,
                   .name = "PostgreSQL store, " + std::to_string(per_message) +
                           " events a message, " + what,
                   .value = each * value,
                   .unit = "µs/event",
                   .peer = "COPY into a table without an index, same run",
                   .peer_value = each * peer,
                   .goal = goal};
    };
    return {against("time", ours.wall, theirs.wall),
            against("processor time, server's and database's", ours.processor, theirs.processor)};
}

}  // namespace

std::vector<Row> postgres_rows(uint32_t devices, uint32_t events) {
    if (!PostgresCluster::is_installed()) return {};
    PostgresCluster cluster(PostgresCluster::Sync::full);
    std::vector<Row> rows = store_against_copy(cluster, 20, 1.25);
    const std::vector<Row> single = store_against_copy(cluster, 1, std::nullopt);
    rows.insert(rows.end(), single.begin(), single.end());
    fleet::PgStore asked(cluster.new_database(), "bench");
    const std::vector<Row> pages = page_rows(asked, "PostgreSQL", devices, events);
    rows.insert(rows.end(), pages.begin(), pages.end());
    return rows;
}

}  // namespace ganglion::bench
