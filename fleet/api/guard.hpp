#pragma once

#include <httplib.h>

#include <optional>
#include <string>

#include "fleet/access/access.hpp"
#include "fleet/api/route.hpp"

namespace ganglion::fleet {

inline constexpr const char* kSessionCookie = "ganglion";

/// The session's secret that a browser sent.
std::optional<std::string> session_of(const httplib::Request& request);

/// A page of another site could point its own name at 127.0.0.1; its requests still carry that
/// name.
bool names_this_machine(const httplib::Request& request);

/// Who asks, by token ("Authorization: Bearer …") or session; everybody where there is no operator
/// yet. Nothing, with the answer written, where he may not: 401 not known, 403 a role too low or a
/// browser's request from another origin.
std::optional<Caller> admit(Access& access, const Route& route, const httplib::Request& request,
                            httplib::Response& response);

}  // namespace ganglion::fleet
