#pragma once

namespace ganglion::fleet {

/// Site, line, devices, online and faulty ones of every place, the same for every store.
inline constexpr const char* kPlaceQuery =
    "SELECT s.value, coalesce(l.value, ''), count(*), count(*) FILTER (WHERE d.online <> 0), "
    "count(*) FILTER (WHERE d.fault <> '') FROM attributes s JOIN devices d ON d.number = s.device "
    "LEFT JOIN attributes l ON l.device = s.device AND l.name = 'line' WHERE s.name = 'site' "
    "GROUP BY 1, 2 ORDER BY 1, 2";

}  // namespace ganglion::fleet
