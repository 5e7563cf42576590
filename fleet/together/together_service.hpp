#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "fleet/audit/audit_log.hpp"
#include "fleet/base/log.hpp"
#include "fleet/ingest/link.hpp"
#include "fleet/store/store.hpp"
#include "fleet/together/together_store.hpp"

namespace ganglion::fleet {

/// Learning together within the fleet server: contributions from the broker in, a prior for each
/// class of devices out, signed with the coordinator's key, to those who ask. A device's class is
/// the application and version that it says, and its attribute "class". What counts: one
/// contribution a period of a device, of a class whose terms an operator has made known, numbered
/// as the device counts them. Everything else is refused by name, but its privacy cost is
/// accounted: it has left the device. Two threads: the link's fills a bounded queue, ours does
/// the rest.
class TogetherService {
  public:
    /// `key`: PEM of the coordinator's private key.
    TogetherService(const OpenLink& open, together::TogetherStore& kept, std::string key,
                    Store& store, AuditLog& audit, Log log);
    ~TogetherService();
    TogetherService(const TogetherService&) = delete;
    TogetherService& operator=(const TogetherService&) = delete;

    /// Devices of this class may share from now on. Throws std::runtime_error where the class has
    /// other terms already.
    void allow(const std::string& of, const together::device::ShareTerms& terms,
               const std::string& actor);

    /// {"priors","refused"} for the API.
    nlohmann::json state();

    /// Whether devices are heard.
    bool is_connected() const { return link_->is_connected(); }

  private:
    struct Received {
        std::string device, payload;
        bool asks = false;  ///< for a prior; else it contributes
        int64_t time_ms = 0;
    };

    void on_message(std::string_view topic, std::span<const uint8_t> payload);
    void work();
    void take(const std::vector<Received>& messages);
    void take_contribution(const Received& message);
    void take_request(const Received& message);
    void refuse(const Received& message, std::string_view of, const std::string& why);
    std::string group_of(const std::string& device);
    void look_up_groups();
    void make_prior(const together::ClassName& name);
    void send(const std::string& device, const together::PriorRow& prior);

    together::TogetherStore& kept_;
    const std::string key_;
    Store& store_;
    AuditLog& audit_;
    Log log_;

    // Of our thread alone.
    std::map<std::string, std::string> groups_;  ///< of devices that have one
    std::set<together::ClassName> changed_classes_;
    std::map<together::ClassName, std::set<std::string>> waiting_;  ///< asked before there was one
    size_t waiting_devices_ = 0;

    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Received> queue_;
    size_t dropped_ = 0;
    bool stopping_ = false;
    std::unique_ptr<Link> link_;
    std::thread worker_;
};

}  // namespace ganglion::fleet
