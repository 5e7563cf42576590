#include "fleet/server/lease.hpp"

#include <unistd.h>

#include <array>
#include <cstdint>
#include <ctime>
#include <optional>
#include <utility>

#include "fleet/access/secret.hpp"
#include "fleet/store/postgres.hpp"
#include "fleet/store/store.hpp"

namespace ganglion::fleet {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

/// A holder tries so often while its lease lasts, who waits as often.
constexpr int kTries = 5;
/// What a holder keeps in hand to stop.
constexpr int kReserve = 5;  // of the length, a fifth

/// Goes on while the machine sleeps, as the database's does.
nanoseconds boot_time() {
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    return std::chrono::seconds(now.tv_sec) + nanoseconds(now.tv_nsec);
}

/// The number is that of prepare_schema(): who makes a schema does it alone.
constexpr const char* kMakeTable =
    "BEGIN; SELECT pg_advisory_xact_lock(7308604759847); CREATE SCHEMA IF NOT EXISTS ganglion; "
    "CREATE TABLE IF NOT EXISTS ganglion.leases (name text PRIMARY KEY, holder text NOT NULL, "
    "ends timestamptz NOT NULL); COMMIT;";

/// A connection that does not wait for a machine that is gone.
PgConnection connect(const std::string& uri, milliseconds length) {
    return {uri, "SET statement_timeout = " + std::to_string(length.count()) +
                     "; SET client_min_messages = warning"};
}

std::string new_holder() {
    std::array<char, 256> host{};
    ::gethostname(host.data(), host.size() - 1);
    return new_secret(std::string(host.data()) + "/");
}

}  // namespace

std::unique_ptr<Lease> Lease::take(Config config, const std::function<bool()>& give_up) {
    const std::string holder = new_holder();
    std::optional<PgConnection> connection;
    std::string told;
    const auto tell = [&](const std::string& line) {
        if (std::exchange(told, line) != line) config.log(line);
    };
    while (!give_up()) {
        try {
            if (!connection) {
                connection.emplace(connect(config.uri, config.length));
                connection->run(kMakeTable);
            }
            const nanoseconds begun = boot_time();
            const PgResult taken = connection->run(
                "INSERT INTO ganglion.leases AS l (name, holder, ends) VALUES ($1, $2, "
                "clock_timestamp() + $3::bigint * interval '1 ms') ON CONFLICT (name) DO UPDATE "
                "SET holder = excluded.holder, ends = excluded.ends WHERE l.ends < "
                "clock_timestamp() RETURNING name",
                PgValues().add(config.name).add(holder).add(int64_t{config.length.count()}));
            if (taken.rows() == 1)
                return std::unique_ptr<Lease>(new Lease(std::move(config), holder, begun));
            const PgResult other = connection->run(
                "SELECT split_part(holder, '/', 1) FROM ganglion.leases WHERE name = $1",
                PgValues().add(config.name));
            if (other.rows() == 1) tell("lease: a server on " + other.text(0, 0) + " has it");
        } catch (const StoreError& error) {
            tell(std::string("lease: ") + error.what());
            connection.reset();
        }
        std::this_thread::sleep_for(config.length / kTries);
    }
    return nullptr;
}

Lease::Lease(Config config, std::string holder, nanoseconds held_since)
    : config_(std::move(config)), holder_(std::move(holder)), held_since_(held_since) {
    renewing_ = std::thread([this] { renew(); });
    watching_ = std::thread([this] { watch(); });
}

Lease::~Lease() {
    {
        const std::lock_guard lock(mutex_);
        ends_ = true;
    }
    ending_.notify_all();
    watching_.join();
    renewing_.join();
}

/// False when it is to end.
bool Lease::sleep(milliseconds time) {
    std::unique_lock lock(mutex_);
    return !ending_.wait_for(lock, time, [this] { return ends_; });
}

void Lease::renew() {
    std::optional<PgConnection> connection;
    do {
        try {
            if (!connection) connection.emplace(connect(config_.uri, config_.length));
            const nanoseconds begun = boot_time();
            const PgResult renewed = connection->run(
                "UPDATE ganglion.leases SET ends = clock_timestamp() + $3::bigint * interval '1 "
                "ms' WHERE name = $1 AND holder = $2",
                PgValues().add(config_.name).add(holder_).add(int64_t{config_.length.count()}));
            if (renewed.changed() == 0) {
                held_since_ = nanoseconds(0);
                return;
            }
            held_since_ = begun;
        } catch (const StoreError& error) {
            config_.log(std::string("lease: ") + error.what());
            connection.reset();
        }
    } while (sleep(config_.length / kTries));
    try {
        if (connection)
            connection->run("DELETE FROM ganglion.leases WHERE name = $1 AND holder = $2",
                            PgValues().add(config_.name).add(holder_));
    } catch (const StoreError&) {  // it runs out
    }
}

/// The database may not answer for long: somebody else counts the time.
void Lease::watch() {
    const milliseconds sure = config_.length - config_.length / kReserve;
    while (sleep(config_.length / 50)) {
        if (boot_time() - held_since_.load() < sure) continue;
        config_.log("lease: it is no longer this server's");
        config_.lost();
        return;
    }
}

}  // namespace ganglion::fleet
