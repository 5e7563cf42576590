#include "fleet/api/guard.hpp"

#include <algorithm>
#include <string_view>

namespace ganglion::fleet {
namespace {

constexpr std::string_view kBearer = "Bearer ";

std::optional<std::string> token_of(const httplib::Request& request) {
    const std::string authorization = request.get_header_value("Authorization");
    if (authorization.compare(0, kBearer.size(), kBearer) != 0) return std::nullopt;
    return authorization.substr(kBearer.size());
}

std::optional<Caller> caller_of(Access& access, const httplib::Request& request) {
    if (const auto token = token_of(request)) {
        // A program without cookies sends its session's secret in the same place.
        const auto caller = access.caller_of_token(*token);
        return caller ? caller : access.caller_of_session(*token);
    }
    if (const auto session = session_of(request)) return access.caller_of_session(*session);
    return std::nullopt;
}

}  // namespace

std::optional<std::string> session_of(const httplib::Request& request) {
    const std::string name = std::string(kSessionCookie) + "=";
    const std::string cookies = request.get_header_value("Cookie");
    size_t begin = 0;
    while (begin < cookies.size()) {
        const size_t end = std::min(cookies.find(';', begin), cookies.size());
        std::string_view cookie = std::string_view(cookies).substr(begin, end - begin);
        cookie.remove_prefix(std::min(cookie.find_first_not_of(' '), cookie.size()));
        if (cookie.substr(0, name.size()) == name) return std::string(cookie.substr(name.size()));
        begin = end + 1;
    }
    return std::nullopt;
}

std::optional<std::string> secret_of(const httplib::Request& request) {
    auto token = token_of(request);
    return token ? token : session_of(request);
}

std::string organisation_of(const httplib::Request& request) {
    const auto secret = secret_of(request);
    // The page logs in while the cookie of another session may still be there.
    if (!secret || request.path == "/api/login") return request.get_param_value("organisation");
    const size_t slash = secret->find('/');
    return slash == std::string::npos ? "" : secret->substr(0, slash);
}

void refuse_unknown(httplib::Response& response) {
    response.set_header("WWW-Authenticate", "Bearer");
    send_error(response, 401, "log in, or send a token that has not expired");
}

std::optional<Caller> admit(const Front& front, Access& access, const Route& route,
                            const httplib::Request& request, httplib::Response& response) {
    const bool changes = route.method != "get";
    if (changes && front.is_from_another_page(request)) {
        send_error(response, 403, "this request comes from another site's page");
        return std::nullopt;
    }
    if (!route.needs) return Caller{};
    if (access.is_open() && front.is_from_this_machine(request))
        return Caller{"anybody on this machine", Role::owner};
    auto caller = caller_of(access, request);
    if (!caller) {
        refuse_unknown(response);
        return std::nullopt;
    }
    if (caller->role < *route.needs) {
        send_error(response, 403,
                   "this needs the role " + to_string(*route.needs) + "; " + caller->name + " is " +
                       to_string(caller->role));
        return std::nullopt;
    }
    return caller;
}

}  // namespace ganglion::fleet
