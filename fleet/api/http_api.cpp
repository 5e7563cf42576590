#include "fleet/api/http_api.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <stdexcept>
#include <utility>

#include "fleet/api/guard.hpp"
#include "fleet/store/store.hpp"

namespace ganglion::fleet {
namespace {

/// httplib serves each connection by one thread of a pool: streams hold theirs, so there are as
/// many beside.
constexpr size_t kRequestThreads = 16;
constexpr time_t kKeepAliveSeconds = 1;
constexpr time_t kReadTimeoutSeconds = 5;
constexpr size_t kMaxRequestBody = 2 << 20;  ///< a part of a release
constexpr size_t kMaxJsonBody = 64 * 1024;
constexpr const char* kOnlyByTls = "max-age=31536000";  ///< a year (RFC 6797)

/// httplib shares its port with any other program by default; we want to hear when it is taken.
void allow_quick_restart(socket_t socket) {
    const int yes = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
}

/// httplib compresses what it sends by brotli at its slowest setting where the reader takes that: a
/// second and more for a page of events. gzip makes it nearly as small, a hundred times as fast.
/// What it will choose from is the request's header, which it hands us as constant though it is
/// not.
void leave_gzip_alone(const httplib::Request& request) {
    httplib::Headers& headers = const_cast<httplib::Request&>(request).headers;
    const bool takes_gzip =
        request.get_header_value("Accept-Encoding").find("gzip") != std::string::npos;
    headers.erase("Accept-Encoding");
    if (takes_gzip) headers.emplace("Accept-Encoding", "gzip");
}

bool is_same_path(const Route& a, const Route& b) {
    return a.method == b.method && a.path == b.path;
}

nlohmann::json parsed_body(const std::string& text) {
    nlohmann::json body = nlohmann::json::parse(text, nullptr, false);
    if (!body.is_object()) throw BadRequest("the body must be a JSON object");
    return body;
}

}  // namespace

HttpApi::HttpApi(std::vector<Tenant> tenants, Config config)
    : tenants_(std::move(tenants)),
      config_(std::move(config)),
      front_(config_.front, config_.log),
      requests_(config_.requests_per_second, config_.requests_at_once),
      server_(front_.make_server()) {
    for (const Tenant& tenant : tenants_) {
        if (!std::ranges::equal(tenant.routes, tenants_.front().routes, is_same_path))
            throw std::logic_error("an organisation with other paths than the rest");
    }
    set_up_server();
    set_up_routes();
    set_up_probes();
    set_up_dashboard();
    if (config_.port == 0) {
        port_ = static_cast<uint16_t>(std::max(0, server_->bind_to_any_port(front_.listen())));
    } else if (server_->bind_to_port(front_.listen(), config_.port)) {
        port_ = config_.port;
    }
    if (port_ == 0) {
        throw std::runtime_error(
            "HTTP port " + std::to_string(config_.port) + " on " + front_.listen() +
            " is already taken: stop the program that uses it or choose another "
            "port");
    }
    thread_ = std::thread([this] { server_->listen_after_bind(); });
}

HttpApi::~HttpApi() {
    for (const Tenant& tenant : tenants_) tenant.stream.close();
    while (!server_->is_running() && thread_.joinable())
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    server_->stop();
    if (thread_.joinable()) thread_.join();
}

void HttpApi::set_up_server() {
    const size_t threads = kRequestThreads + EventStream::max_readers * tenants_.size();
    server_->new_task_queue = [threads] { return new httplib::ThreadPool(threads); };
    server_->set_keep_alive_timeout(kKeepAliveSeconds);
    server_->set_read_timeout(kReadTimeoutSeconds);
    server_->set_payload_max_length(kMaxRequestBody);
    server_->set_tcp_nodelay(true);
    server_->set_socket_options(allow_quick_restart);
    httplib::Headers headers{{"Content-Security-Policy",
                              "default-src 'none'; script-src 'self'; style-src 'self'; "
                              "img-src 'self'; connect-src 'self'; "
                              "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
                             {"X-Content-Type-Options", "nosniff"},
                             {"Referrer-Policy", "no-referrer"},
                             {"Cross-Origin-Resource-Policy", "same-origin"},
                             {"Cache-Control", "no-cache"}};
    if (front_.is_secure()) headers.emplace("Strict-Transport-Security", kOnlyByTls);
    server_->set_default_headers(std::move(headers));
    server_->set_pre_routing_handler(
        [this](const httplib::Request& request, httplib::Response& response) {
            leave_gzip_alone(request);
            if (front_.is_named_by(request)) return httplib::Server::HandlerResponse::Unhandled;
            send_error(response, 403, "ask under one of this server's own names");
            return httplib::Server::HandlerResponse::Handled;
        });
    server_->set_exception_handler(
        [this](const httplib::Request&, httplib::Response& response, std::exception_ptr thrown) {
            try {
                std::rethrow_exception(std::move(thrown));
            } catch (const BadRequest& error) {
                send_error(response, 400, error.what());
            } catch (const AccessError& error) {
                send_error(response, 400, error.what());
            } catch (const StoreError& error) {
                config_.log(std::string("http: ") + error.what());
                send_error(response, 503, error.what());
            } catch (const std::exception& error) {
                config_.log(std::string("http: ") + error.what());
                send_error(response, 500, error.what());
            }
        });
    server_->set_error_handler([](const httplib::Request& request, httplib::Response& response) {
        if (response.body.empty())
            send_error(response, response.status, "nothing at " + request.path);
    });
    server_->set_logger([this](const httplib::Request& request, const httplib::Response& response) {
        counts_.add(request.method, response.status);
    });
}

void HttpApi::set_up_routes() {
    const Routes& routes = tenants_.front().routes;
    const auto document = openapi(routes, "1");
    server_->Get("/api/openapi.json",
                 [document](const httplib::Request&, httplib::Response& response) {
                     send_json(response, document);
                 });
    for (size_t number = 0; number < routes.size(); ++number) {
        const Route& route = routes[number];
        const auto handler = [this, number](const httplib::Request& request,
                                            httplib::Response& response) {
            answer(number, request, response);
        };
        const std::string pattern = pattern_of(route.path);
        if (route.method == "get") server_->Get(pattern, handler);
        if (route.method == "post") server_->Post(pattern, handler);
        if (route.method == "put") server_->Put(pattern, handler);
        if (route.method == "delete") server_->Delete(pattern, handler);
    }
}

/// An organisation that is not there is answered as a secret that is not known.
const Tenant* HttpApi::tenant_of(const httplib::Request& request,
                                 httplib::Response& response) const {
    const auto found = std::ranges::find(tenants_, organisation_of(request), &Tenant::organisation);
    if (found != tenants_.end()) return &*found;
    refuse_unknown(response);
    return nullptr;
}

void HttpApi::answer(size_t number, const httplib::Request& request, httplib::Response& response) {
    const Tenant* const tenant = tenant_of(request, response);
    if (tenant == nullptr) return;
    const Route& route = tenant->routes[number];
    const auto caller = admit(front_, tenant->access, route, request, response);
    if (!caller) return;
    if (route.needs && !requests_.take(tenant->organisation + "/" + caller->name)) {
        response.set_header("Retry-After", "1");
        return send_error(response, 429, "too many requests: wait a second");
    }
    Call call{request, response, *caller, {}, front_.is_secure()};
    if (!route.takes_bytes && request.body.size() > kMaxJsonBody)
        return send_error(response, 413, "a body of JSON has at most 64 KB");
    if (!route.body.is_null()) call.body = parsed_body(request.body);
    route.handle(call);
}

void HttpApi::set_up_probes() {
    server_->Get("/livez", [](const httplib::Request&, httplib::Response& response) {
        response.set_content("ok\n", "text/plain");
    });
    const auto health = [this](const httplib::Request&, httplib::Response& response) {
        const auto fault = config_.health();
        response.status = fault ? 503 : 200;
        response.set_content(fault.value_or("ok") + "\n", "text/plain");
    };
    server_->Get("/healthz", health);
    server_->Get("/readyz", health);
    server_->Get("/metrics", [this](const httplib::Request& request, httplib::Response& response) {
        const Route route{"get", "/metrics", Role::viewer, "", {}, {}, {}, {}};
        const Tenant* const tenant = tenant_of(request, response);
        if (tenant == nullptr || !admit(front_, tenant->access, route, request, response)) return;
        std::vector<Metric> metrics = tenant->metrics();
        for (Metric& metric : counts_.metrics()) metrics.push_back(std::move(metric));
        response.set_content(prometheus_text(metrics), "text/plain; version=0.0.4");
    });
}

void HttpApi::set_up_dashboard() {
    if (std::filesystem::is_regular_file(config_.dashboard_dir / "index.html") &&
        server_->set_mount_point("/", config_.dashboard_dir.string())) {
        return;
    }
    server_->Get("/", [](const httplib::Request&, httplib::Response& response) {
        response.status = 404;
        response.set_content(
            "The dashboard is not built. The data is at /api/devices, /api/events and "
            "/api/summary.\n",
            "text/plain");
    });
}

}  // namespace ganglion::fleet
