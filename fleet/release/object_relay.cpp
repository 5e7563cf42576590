#include "fleet/release/object_relay.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include "fleet/base/port.hpp"
#include "fleet/client/http_client.hpp"

namespace ganglion::fleet {
namespace {

constexpr time_t kLimitSeconds = 10;

}  // namespace

ObjectRelay::ObjectRelay(Config config) : config_(std::move(config)), objects_(config_.directory) {
    for (const auto& [digest, bytes] : objects_.list()) use(digest, bytes);
    server_.Get(R"(/api/objects/([0-9a-f]{64}))",
                [this](const httplib::Request& request, httplib::Response& response) {
                    answer(request, response);
                });
    server_.set_read_timeout(kLimitSeconds);
    if (config_.port == 0)
        port_ = static_cast<uint16_t>(std::max(0, server_.bind_to_any_port(loopback)));
    else if (server_.bind_to_port(loopback, config_.port))
        port_ = config_.port;
    if (port_ == 0)
        throw std::runtime_error("relay: port " + std::to_string(config_.port) +
                                 " on 127.0.0.1 is already taken: choose another with --listen");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

ObjectRelay::~ObjectRelay() {
    server_.stop();
    thread_.join();
}

void ObjectRelay::answer(const httplib::Request& request, httplib::Response& response) {
    try {
        const auto bytes = object(request.matches[1]);
        if (!bytes) {
            response.status = 404;
            return;
        }
        ++served_;
        response.set_header("Cache-Control", "private, max-age=31536000, immutable");
        response.set_header("Accept-Ranges", "bytes");
        response.set_content(*bytes, "application/octet-stream");
    } catch (const std::runtime_error&) {
        response.status = 502;  // the fleet's server is away, or sent something else
    }
}

std::optional<std::string> ObjectRelay::object(const std::string& digest) {
    const std::lock_guard lock(mutex_);
    if (kept_.contains(digest)) {
        try {
            if (auto bytes = objects_.get(digest)) {
                use(digest, bytes->size());
                return bytes;
            }
        } catch (const std::runtime_error&) {
            // Damaged here: it is there still.
        }
        bytes_ -= kept_[digest].second;
        kept_.erase(digest);
        objects_.remove(digest);
    }
    auto bytes = fetch(digest);
    if (!bytes) return std::nullopt;
    if (sha256_hex(*bytes) != digest)
        throw std::runtime_error("relay: the fleet's server sent other bytes than the digest's");
    ++fetched_;
    objects_.put(*bytes);
    use(digest, bytes->size());
    return bytes;
}

std::optional<std::string> ObjectRelay::fetch(const std::string& digest) const {
    httplib::Client client = http_client(config_.upstream);
    client.set_connection_timeout(kLimitSeconds);
    client.set_read_timeout(kLimitSeconds);
    const auto result = client.Get("/api/objects/" + digest, headers_of(config_.upstream));
    if (!result || (result->status != 200 && result->status != 404))
        throw std::runtime_error("relay: the fleet's server does not answer");
    if (result->status == 404) return std::nullopt;
    return result->body;
}

/// Notes that a part was used, and lets go of what was not for longest.
void ObjectRelay::use(const std::string& digest, uint64_t bytes) {
    const auto [entry, added] = kept_.try_emplace(digest, 0, bytes);
    entry->second.first = ++uses_;
    if (added) bytes_ += bytes;
    while (bytes_ > config_.most_bytes && kept_.size() > 1) {
        const auto oldest =
            std::ranges::min_element(kept_, {}, [](const auto& kept) { return kept.second.first; });
        bytes_ -= oldest->second.second;
        objects_.remove(oldest->first);
        kept_.erase(oldest);
    }
}

}  // namespace ganglion::fleet
