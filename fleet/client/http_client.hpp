#pragma once

#include <httplib.h>

#include "fleet/client/api_client.hpp"

namespace ganglion::fleet {

/// Speaks to that server; over https only where its certificate is for that host and of an
/// authority that is trusted. Throws std::runtime_error where the authority's file is none.
httplib::Client http_client(const ApiAddress& address);

/// What every request of a client carries: its token, where it has one.
httplib::Headers headers_of(const ApiAddress& address);

}  // namespace ganglion::fleet
