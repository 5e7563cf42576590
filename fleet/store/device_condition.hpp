#pragma once

#include <string>

#include "fleet/store/records.hpp"

namespace ganglion::fleet {

/// What follows a WHERE over `devices`, the same for every store.
inline std::string sql_of(DeviceQuery::Condition condition) {
    switch (condition) {
        case DeviceQuery::Condition::online:
            return " AND online <> 0";
        case DeviceQuery::Condition::offline:
            return " AND online = 0";
        case DeviceQuery::Condition::fault:
            return " AND fault <> ''";
        case DeviceQuery::Condition::any:
            break;
    }
    return "";
}

}  // namespace ganglion::fleet
