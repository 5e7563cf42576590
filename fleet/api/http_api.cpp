#include "fleet/api/http_api.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "fleet/api/json.hpp"
#include "fleet/api/stream_writer.hpp"
#include "fleet/base/port.hpp"
#include "fleet/pki/pki.hpp"

namespace ganglion::fleet {
namespace {

/// httplib serves each connection by one thread of a pool: streams hold theirs, so there are as
/// many beside.
constexpr size_t kRequestThreads = 16;
constexpr uint32_t kMaxPage = 1000;
constexpr time_t kKeepAliveSeconds = 1;
constexpr time_t kReadTimeoutSeconds = 5;
constexpr size_t kMaxRequestBody = 1024;

constexpr const char* json_type = "application/json";

/// A request that is wrong; its text says how to write it.
class BadRequest : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

void send_json(httplib::Response& response, const nlohmann::json& json) {
    response.set_content(json.dump(), json_type);
}

void send_error(httplib::Response& response, int status, const std::string& what) {
    response.status = status;
    send_json(response, {{"error", what}});
}

int64_t whole_number(const std::string& text, const char* name, int64_t low, int64_t high) {
    int64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || stop != end || value < low || value > high) {
        throw BadRequest(std::string(name) + " must be a whole number from " + std::to_string(low) +
                         " to " + std::to_string(high));
    }
    return value;
}

constexpr int64_t kMaxId = int64_t{1} << 53;

std::optional<int64_t> id_parameter(const httplib::Request& request, const char* name) {
    if (!request.has_param(name)) return std::nullopt;
    return whole_number(request.get_param_value(name), name, 0, kMaxId);
}

std::optional<std::string> device_parameter(const httplib::Request& request) {
    if (!request.has_param("device")) return std::nullopt;
    std::string device = request.get_param_value("device");
    if (!is_valid_device_id(device)) throw BadRequest("device must be a device's id");
    return device;
}

/// A page of another site could point its own name at 127.0.0.1; its requests still carry that
/// name.
bool names_this_machine(std::string host) {
    const size_t colon = host.rfind(':');
    if (colon != std::string::npos) host.resize(colon);
    return host == loopback || host == "localhost";
}

/// httplib shares its port with any other program by default; we want to hear when it is taken.
void allow_quick_restart(socket_t socket) {
    const int yes = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
}

}  // namespace

HttpApi::HttpApi(Store& store, EventStream& stream, uint16_t port,
                 const std::filesystem::path& dashboard_dir, Health health, Log log)
    : store_(store), health_(std::move(health)), log_(std::move(log)), stream_(stream) {
    set_up_server();
    set_up_routes();
    set_up_dashboard(dashboard_dir);
    if (port == 0) {
        port_ = static_cast<uint16_t>(std::max(0, server_.bind_to_any_port(loopback)));
    } else if (server_.bind_to_port(loopback, port)) {
        port_ = port;
    }
    if (port_ == 0) {
        throw std::runtime_error(
            "HTTP port " + std::to_string(port) +
            " on 127.0.0.1 is already taken: stop the program that uses it or choose another "
            "port");
    }
    thread_ = std::thread([this] { server_.listen_after_bind(); });
}

HttpApi::~HttpApi() {
    stream_.close();
    while (!server_.is_running() && thread_.joinable())
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    server_.stop();
    if (thread_.joinable()) thread_.join();
}

void HttpApi::set_up_server() {
    server_.new_task_queue = [] {
        return new httplib::ThreadPool(kRequestThreads + EventStream::max_readers);
    };
    server_.set_keep_alive_timeout(kKeepAliveSeconds);
    server_.set_read_timeout(kReadTimeoutSeconds);
    server_.set_payload_max_length(kMaxRequestBody);
    server_.set_tcp_nodelay(true);
    server_.set_socket_options(allow_quick_restart);
    server_.set_default_headers({{"Content-Security-Policy",
                                  "default-src 'none'; script-src 'self'; style-src 'self'; "
                                  "img-src 'self'; connect-src 'self'; "
                                  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
                                 {"X-Content-Type-Options", "nosniff"},
                                 {"Referrer-Policy", "no-referrer"},
                                 {"Cross-Origin-Resource-Policy", "same-origin"},
                                 {"Cache-Control", "no-cache"}});
    server_.set_pre_routing_handler(
        [](const httplib::Request& request, httplib::Response& response) {
            if (names_this_machine(request.get_header_value("Host")))
                return httplib::Server::HandlerResponse::Unhandled;
            send_error(response, 403, "ask for 127.0.0.1 or localhost");
            return httplib::Server::HandlerResponse::Handled;
        });
    server_.set_exception_handler(
        [this](const httplib::Request&, httplib::Response& response, std::exception_ptr thrown) {
            try {
                std::rethrow_exception(std::move(thrown));
            } catch (const BadRequest& error) {
                send_error(response, 400, error.what());
            } catch (const StoreError& error) {
                log_(std::string("http: ") + error.what());
                send_error(response, 503, error.what());
            } catch (const std::exception& error) {
                log_(std::string("http: ") + error.what());
                send_error(response, 500, error.what());
            }
        });
    server_.set_error_handler([](const httplib::Request& request, httplib::Response& response) {
        if (response.body.empty())
            send_error(response, response.status, "nothing at " + request.path);
    });
}

void HttpApi::set_up_routes() {
    server_.Get("/api/summary", [this](const httplib::Request&, httplib::Response& response) {
        send_json(response, to_json(store_.summary()));
    });
    server_.Get("/api/devices", [this](const httplib::Request&, httplib::Response& response) {
        send_json(response, to_json_array(store_.devices()));
    });
    server_.Get("/api/events",
                [this](const httplib::Request& request, httplib::Response& response) {
                    answer_events(request, response);
                });
    server_.Get("/api/gaps", [this](const httplib::Request& request, httplib::Response& response) {
        send_json(response, to_json_array(store_.gaps(device_parameter(request))));
    });
    server_.Get("/api/gate", [this](const httplib::Request& request, httplib::Response& response) {
        send_json(response, to_json_array(store_.gate(device_parameter(request))));
    });
    server_.Get("/api/stream",
                [this](const httplib::Request& request, httplib::Response& response) {
                    answer_stream(request, response);
                });
    server_.Get("/healthz", [this](const httplib::Request&, httplib::Response& response) {
        const auto fault = health_();
        response.status = fault ? 503 : 200;
        response.set_content(fault.value_or("ok") + "\n", "text/plain");
    });
}

void HttpApi::set_up_dashboard(const std::filesystem::path& directory) {
    if (std::filesystem::is_regular_file(directory / "index.html") &&
        server_.set_mount_point("/", directory.string())) {
        return;
    }
    server_.Get("/", [](const httplib::Request&, httplib::Response& response) {
        response.status = 404;
        response.set_content(
            "The dashboard is not built. The data is at /api/devices, /api/events and "
            "/api/summary.\n",
            "text/plain");
    });
}

void HttpApi::answer_events(const httplib::Request& request, httplib::Response& response) {
    EventQuery query;
    query.device = device_parameter(request);
    query.after = id_parameter(request, "after");
    query.before = id_parameter(request, "before");
    if (request.has_param("limit")) {
        query.limit = static_cast<uint32_t>(
            whole_number(request.get_param_value("limit"), "limit", 1, kMaxPage));
    }
    const auto events = store_.events(query);
    const int64_t last = events.empty() ? query.after.value_or(0) : events.back().id;
    send_json(response, {{"events", to_json_array(events)}, {"last", last}});
}

void HttpApi::answer_stream(const httplib::Request& request, httplib::Response& response) {
    std::optional<int64_t> last_seen;
    if (request.has_header("Last-Event-ID")) {
        last_seen =
            whole_number(request.get_header_value("Last-Event-ID"), "Last-Event-ID", 0, kMaxId);
    }
    auto subscription = stream_.subscribe();
    if (!subscription) {
        response.set_header("Retry-After", "5");
        send_error(response, 503, "too many readers of the stream");
        return;
    }
    // httplib copies the provider, so the writer lives in a shared place.
    const auto writer = std::make_shared<StreamWriter>(store_, std::move(subscription), last_seen);
    response.set_chunked_content_provider(
        "text/event-stream",
        [writer](size_t, httplib::DataSink& sink) { return writer->write(sink); });
}

}  // namespace ganglion::fleet
