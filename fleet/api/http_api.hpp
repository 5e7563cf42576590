#pragma once

#include <httplib.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <thread>

#include "fleet/access/access.hpp"
#include "fleet/api/event_stream.hpp"
#include "fleet/api/metrics.hpp"
#include "fleet/api/route.hpp"
#include "fleet/base/log.hpp"

namespace ganglion::fleet {

/// The HTTP API of docs/protocol.md and the dashboard's files, on loopback. Only requests that name
/// this machine as their host are answered, so a web page elsewhere cannot read the fleet through a
/// browser here; once there is an operator, only those of operators and their tokens.
class HttpApi {
  public:
    struct Config {
        uint16_t port = 0;  ///< 0: any free one
        std::filesystem::path dashboard_dir;
        /// What is wrong with the server now; nothing when all is well.
        std::function<std::optional<std::string>()> health;
        /// What /metrics shows beside the API's own numbers.
        std::function<std::vector<Metric>()> metrics;
        Log log;
    };

    /// Listens on 127.0.0.1 at once. Throws std::runtime_error with one line when the port is
    /// taken. Its end closes `stream`. GET /api/openapi.json describes `routes`.
    HttpApi(Routes routes, Access& access, EventStream& stream, Config config);
    ~HttpApi();
    HttpApi(const HttpApi&) = delete;
    HttpApi& operator=(const HttpApi&) = delete;

    uint16_t port() const { return port_; }

  private:
    void set_up_server();
    void set_up_routes();
    void set_up_probes();
    void set_up_dashboard();
    void answer(const Route& route, const httplib::Request& request, httplib::Response& response);

    Routes routes_;
    Access& access_;
    EventStream& stream_;
    Config config_;
    RequestCounts counts_;
    httplib::Server server_;
    uint16_t port_ = 0;
    std::thread thread_;
};

}  // namespace ganglion::fleet
