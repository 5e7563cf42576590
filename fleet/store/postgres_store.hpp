#pragma once

#include <mutex>
#include <string>

#include "fleet/store/postgres.hpp"
#include "fleet/store/postgres_rows.hpp"
#include "fleet/store/store.hpp"
#include "fleet/store/writer.hpp"

namespace ganglion::fleet {

/// The store for more than one machine: a PostgreSQL database that several servers share. Any of
/// them may be killed at any moment. They write one after the other (postgres_schema.cpp), so that
/// ids are in the order of commits, as a follower of events needs.
class PgStore final : public Store {
  public:
    /// Makes the tables in the schema, an SQL identifier, where there are none. `server` tells the
    /// servers that share a database apart. Throws StoreError.
    PgStore(const std::string& uri, const std::string& server,
            const std::string& schema = "ganglion");

    Committed commit(std::span<const Message> messages) override;
    /// Of the devices that this server heard last.
    std::vector<std::string> mark_all_offline() override;

    void set_attributes(const std::string& device, const Attributes& attributes) override;
    std::map<std::string, Attributes> attributes() override;
    std::vector<RollupRow> rollups(const RollupQuery& query) override;
    std::map<std::string, std::vector<RollupRow>> device_rollups(const RollupQuery& query) override;

    /// Days that are wholly before are dropped at once, which is quick whatever `limit` says.
    uint64_t forget_before(int64_t received_ms, uint32_t limit) override;

    Summary summary() override;
    std::vector<DeviceRow> devices(const DeviceQuery& query) override;
    std::optional<DeviceRow> device(const std::string& id) override;
    std::vector<VersionRow> versions() override;
    std::vector<PlaceRow> places() override;
    std::vector<TroubledDevice> troubled(int64_t silent_since_ms) override;
    std::vector<StoredEvent> events(const EventQuery& query) override;
    std::vector<Gap> gaps(const std::optional<std::string>& device) override;
    std::vector<GateOpening> gate(const std::optional<std::string>& device) override;

  private:
    uint64_t drop_days_before(int64_t received_ms);

    const std::string server_;
    std::mutex write_mutex_;
    PgConnection write_;
    PgRows rows_;
    Writer writer_;
    std::mutex read_mutex_;
    PgConnection read_;
};

}  // namespace ganglion::fleet
