#pragma once

#include <httplib.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <thread>

#include "fleet/client/api_client.hpp"
#include "fleet/release/object_store.hpp"

namespace ganglion::fleet {

/// A gateway's copy of the parts of releases: serves `GET /api/objects/{sha256}`, whole or by range
/// (RFC 9110), on 127.0.0.1, and asks the fleet's server for each part once. A part is what its
/// name says or is not served, so the relay needs no trust; what devices do with it is decided by
/// its signature.
class ObjectRelay {
  public:
    struct Config {
        ApiAddress upstream;
        std::filesystem::path directory;
        uint16_t port = 0;                   ///< 0: a free one
        uint64_t most_bytes = 256ULL << 20;  ///< kept; beyond it, what was used longest ago goes
    };
    /// Throws std::runtime_error where the port or the folder cannot be used.
    explicit ObjectRelay(Config config);
    ~ObjectRelay();
    ObjectRelay(const ObjectRelay&) = delete;
    ObjectRelay& operator=(const ObjectRelay&) = delete;

    uint16_t port() const { return port_; }
    uint64_t served() const { return served_; }
    /// Parts fetched from the fleet's server.
    uint64_t fetched() const { return fetched_; }

  private:
    void answer(const httplib::Request& request, httplib::Response& response);
    std::optional<std::string> object(const std::string& digest);
    std::optional<std::string> fetch(const std::string& digest) const;
    void use(const std::string& digest, uint64_t bytes);

    Config config_;
    ObjectStore objects_;
    std::mutex mutex_;  ///< one fetch at a time: nobody fetches what another is fetching
    std::map<std::string, std::pair<uint64_t, uint64_t>> kept_;  ///< last use, bytes
    uint64_t uses_ = 0, bytes_ = 0;
    std::atomic<uint64_t> served_ = 0, fetched_ = 0;
    httplib::Server server_;
    uint16_t port_ = 0;
    std::thread thread_;
};

}  // namespace ganglion::fleet
