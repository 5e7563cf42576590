#pragma once

#include <httplib.h>

#include <optional>
#include <string>

#include "fleet/access/access.hpp"
#include "fleet/api/front.hpp"
#include "fleet/api/route.hpp"

namespace ganglion::fleet {

inline constexpr const char* kSessionCookie = "ganglion";

/// The session's secret that a browser sent.
std::optional<std::string> session_of(const httplib::Request& request);

/// The secret that a request shows, a token's or a session's; nothing where it shows none.
std::optional<std::string> secret_of(const httplib::Request& request);

/// Whose a request is: what its secret begins with, "acme/…"; of one without, what its parameter
/// "organisation" says. Empty: the installation's own. What it shows is checked by admit().
std::string organisation_of(const httplib::Request& request);

/// The answer 401: who asks is not known.
void refuse_unknown(httplib::Response& response);

/// Who asks, by token ("Authorization: Bearer …") or session; everybody on this machine where there
/// is no operator yet. Nothing, with the answer written, where he may not: 401 not known, 403 a
/// role too low or a browser's request from another origin.
std::optional<Caller> admit(const Front& front, Access& access, const Route& route,
                            const httplib::Request& request, httplib::Response& response);

}  // namespace ganglion::fleet
