#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "fleet/store/sqlite.hpp"
#include "fleet/together/prior.hpp"

namespace ganglion::fleet::together {

/// Devices that share: one application's version, and of it those whose attribute "class" is
/// `group`.
struct ClassName {
    std::string of;     ///< "APPLICATION VERSION"
    std::string group;  ///< may be empty
    friend bool operator==(const ClassName&, const ClassName&) = default;
    friend bool operator<(const ClassName& a, const ClassName& b) {
        return std::tie(a.of, a.group) < std::tie(b.of, b.group);
    }
};

/// The last contribution of one device.
struct MemberRow {
    std::string device;
    ClassName name;
    uint32_t sequence = 0;
    int64_t time_ms = 0;
    std::vector<int32_t> values;
};

struct PriorRow {
    ClassName name;
    uint32_t sequence = 0;
    int64_t time_ms = 0;
    uint32_t contributors = 0;
    std::vector<int32_t> values;
    std::string envelope;  ///< signed, as it is sent
};

/// A contribution that does not count, or a prior that a device would not begin with.
struct RefusalRow {
    int64_t time_ms = 0;
    std::string device, of, why;
};

/// What learning together has cost one device on one day (UTC).
struct SpentRow {
    std::string device;
    int64_t day_ms = 0;
    uint64_t contributions = 0, bytes = 0;
    double rho = 0;         ///< of that day
    double rho_so_far = 0;  ///< of all days up to it
};

/// Terms, contributions, priors and what was spent, in an SQLite file of their own. Safe to call
/// from several threads; throws StoreError.
class TogetherStore {
  public:
    explicit TogetherStore(const std::filesystem::path& file);

    /// False where the class has other terms already: they are fixed once they are known.
    bool put_terms(const std::string& of, const device::ShareTerms& terms);
    std::optional<device::ShareTerms> terms(const std::string& of);
    std::map<std::string, device::ShareTerms> all_terms();

    std::optional<MemberRow> member(const std::string& device);
    void put(const MemberRow& member);
    std::vector<MemberRow> members(const ClassName& name);
    /// How many devices of each class have contributed.
    std::map<ClassName, uint32_t> contributors();

    void put(const PriorRow& prior);
    std::optional<PriorRow> prior(const ClassName& name);
    std::vector<PriorRow> priors();

    /// Keeps the newest kMostRefusals.
    void add(const RefusalRow& refusal);
    /// Newest first.
    std::vector<RefusalRow> refusals(uint32_t limit);

    void spend(const std::string& device, int64_t time_ms, uint64_t contributions, uint64_t bytes,
               double rho);
    /// Days that begin in [from_ms, to_ms), by device and day.
    std::vector<SpentRow> spent(int64_t from_ms, int64_t to_ms);

    /// All changes of `action` or, where it throws, none.
    template <typename Action>
    void at_once(Action&& action) {
        const std::lock_guard lock(mutex_);
        Transaction transaction(database_);
        action();
        transaction.commit();
    }

    static constexpr uint32_t kMostRefusals = 1000;

  private:
    std::recursive_mutex mutex_;
    Database database_;
};

}  // namespace ganglion::fleet::together
