#pragma once

#include <string>

#include "fleet/api/route.hpp"
#include "fleet/api/schema.hpp"

// What the routes of incidents and those of the notices about them have in common.

namespace ganglion::fleet {

inline nlohmann::json severity_schema() {
    return schema::one_of({"info", "warning", "critical"});
}

inline int64_t id_of(const Call& call) {
    return whole_number(call.request.matches[1], "id", 0, int64_t{1} << 53);
}

inline void done_or_missing(Call& call, bool done, const char* what) {
    if (!done) return send_error(call.response, 404, std::string("there is no such ") + what);
    call.response.status = 204;
}

}  // namespace ganglion::fleet
