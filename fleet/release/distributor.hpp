#pragma once

#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <string>
#include <vector>

#include "device/update/messages.hpp"
#include "fleet/release/release_store.hpp"

namespace ganglion::fleet {

/// Answers devices that want pieces over the broker, within each rollout's bandwidth. One thread.
class Distributor {
  public:
    explicit Distributor(ReleaseStore& releases) : releases_(releases) {}

    /// One message "piece" to a device.
    struct Sent {
        std::string device, payload;
    };

    /// Queues what a device wants from `packages`; a newer wish of a device replaces its older one.
    /// `purse`: whose bandwidth it is. What does not exist is left out.
    void want(const std::string& device, const update::Want& want,
              const std::vector<PackageObjects>& packages, int64_t purse,
              uint64_t bytes_per_second);

    /// What may be sent now.
    std::vector<Sent> pump(int64_t now_ms);
    bool idle() const { return requests_.empty(); }

  private:
    struct Request {
        std::string device;
        update::Want want;
        PackageObjects package;
        int64_t purse = 0;
        uint64_t bytes_per_second = 0;
    };
    /// Token bucket: one second's worth at most.
    struct Purse {
        double bytes = 0;
        int64_t filled_ms = 0;
    };

    const std::string& object(const std::string& digest);
    bool pay(const Request& request, size_t bytes, int64_t now_ms);
    std::string piece(const Request& request);

    ReleaseStore& releases_;
    std::deque<Request> requests_;
    std::map<int64_t, Purse> purses_;
    std::list<std::pair<std::string, std::string>> cache_;  ///< objects, the newest used first
};

}  // namespace ganglion::fleet
