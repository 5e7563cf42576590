#pragma once

#include <filesystem>
#include <mutex>

#include "fleet/store/sqlite.hpp"
#include "fleet/store/sqlite_readers.hpp"
#include "fleet/store/sqlite_rows.hpp"
#include "fleet/store/store.hpp"
#include "fleet/store/writer.hpp"

namespace ganglion::fleet {

/// The store for one machine: one SQLite file in WAL mode with full synchronisation, one
/// transaction a batch. One connection writes and others read, so that a page load never holds up
/// an acknowledgement, nor a long query a short one.
class SqliteStore final : public Store {
  public:
    /// Opens the file or makes it. Throws StoreError when it is no database of ours.
    explicit SqliteStore(const std::filesystem::path& file);

    Committed commit(std::span<const Message> messages) override;
    std::vector<std::string> mark_all_offline() override;

    void set_attributes(const std::string& device, const Attributes& attributes) override;
    std::map<std::string, Attributes> attributes() override;
    std::vector<RollupRow> rollups(const RollupQuery& query) override;
    std::map<std::string, std::vector<RollupRow>> device_rollups(const RollupQuery& query) override;

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
    std::mutex write_mutex_;
    Database write_database_;
    SqliteRows rows_;
    Writer writer_;
    SqliteReaders readers_;
};

}  // namespace ganglion::fleet
