#pragma once

#include <httplib.h>

#include "fleet/client/api_client.hpp"

namespace ganglion::fleet {

/// What every request of a client carries: its token, where it has one.
inline httplib::Headers headers_of(const ApiAddress& address) {
    if (address.token.empty()) return {};
    return {{"Authorization", "Bearer " + address.token}};
}

}  // namespace ganglion::fleet
