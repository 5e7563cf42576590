#pragma once

#include <httplib.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "fleet/access/access.hpp"
#include "fleet/access/rate_limit.hpp"
#include "fleet/api/event_stream.hpp"
#include "fleet/api/front.hpp"
#include "fleet/api/metrics.hpp"
#include "fleet/api/route.hpp"
#include "fleet/base/log.hpp"

namespace ganglion::fleet {

/// One organisation's part of the API.
struct Tenant {
    std::string organisation;  ///< empty: the installation's own
    Routes routes;             ///< of all tenants the same methods and paths, in the same order
    Access& access;
    EventStream& stream;
    /// What /metrics shows beside the API's own numbers.
    std::function<std::vector<Metric>()> metrics;
};

/// The HTTP API of docs/protocol.md and the dashboard's files. Only requests that name
/// this server as their host are answered, so a web page elsewhere cannot read the fleet through a
/// browser here; once there is an operator, only those of operators and their tokens.
class HttpApi {
  public:
    struct Config {
        uint16_t port = 0;  ///< 0: any free one
        std::filesystem::path dashboard_dir;
        /// What is wrong with the server now; nothing when all is well.
        std::function<std::optional<std::string>()> health;
        Log log;
        /// Of each caller.
        double requests_per_second = 100, requests_at_once = 1000;
        FrontConfig front{};
    };

    /// Listens at once. Throws std::runtime_error with one line when the port is taken, or as Front
    /// does. Its end closes the streams. GET /api/openapi.json describes the routes. A request is
    /// answered by the tenant that its secret names (organisation_of()), and sees nothing else.
    HttpApi(std::vector<Tenant> tenants, Config config);
    ~HttpApi();
    HttpApi(const HttpApi&) = delete;
    HttpApi& operator=(const HttpApi&) = delete;

    uint16_t port() const { return port_; }
    std::string url() const { return front_.url(port_); }

  private:
    void set_up_server();
    void set_up_routes();
    void set_up_probes();
    void set_up_dashboard();
    const Tenant* tenant_of(const httplib::Request& request, httplib::Response& response) const;
    void answer(size_t route, const httplib::Request& request, httplib::Response& response);

    std::vector<Tenant> tenants_;
    Config config_;
    Front front_;
    RequestCounts counts_;
    RateLimit requests_;  ///< of each caller
    std::unique_ptr<httplib::Server> server_;
    uint16_t port_ = 0;
    std::thread thread_;
};

}  // namespace ganglion::fleet
