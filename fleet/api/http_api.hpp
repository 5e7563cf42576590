#pragma once

#include <httplib.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <thread>

#include "fleet/api/event_stream.hpp"
#include "fleet/base/log.hpp"
#include "fleet/store/store.hpp"

namespace ganglion::fleet {

/// The HTTP API of docs/protocol.md and the dashboard's files, on loopback. There is no log-in, so
/// only requests that name this machine as their host are answered: a web page elsewhere cannot
/// read the fleet through a browser here.
class HttpApi {
  public:
    /// What is wrong with the server now; nothing when all is well.
    using Health = std::function<std::optional<std::string>()>;

    /// Listens on 127.0.0.1:`port` (0: any free one) at once. Throws std::runtime_error with one
    /// line when the port is taken. Its end closes `stream`.
    HttpApi(Store& store, EventStream& stream, uint16_t port,
            const std::filesystem::path& dashboard_dir, Health health, Log log);
    ~HttpApi();
    HttpApi(const HttpApi&) = delete;
    HttpApi& operator=(const HttpApi&) = delete;

    uint16_t port() const { return port_; }

  private:
    void set_up_server();
    void set_up_routes();
    void set_up_dashboard(const std::filesystem::path& directory);
    void answer_events(const httplib::Request& request, httplib::Response& response);
    void answer_stream(const httplib::Request& request, httplib::Response& response);

    Store& store_;
    Health health_;
    Log log_;
    EventStream& stream_;
    httplib::Server server_;
    uint16_t port_ = 0;
    std::thread thread_;
};

}  // namespace ganglion::fleet
