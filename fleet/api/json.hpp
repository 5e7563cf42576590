#pragma once

#include <nlohmann/json.hpp>

#include "fleet/store/records.hpp"

namespace ganglion::fleet {

/// Rows as the HTTP API shows them (docs/protocol.md).
nlohmann::json to_json(const Summary& summary);
nlohmann::json to_json(const DeviceRow& device);
nlohmann::json to_json(const VersionRow& version);
nlohmann::json to_json(const PlaceRow& place);
nlohmann::json to_json(const StoredEvent& event);
nlohmann::json to_json(const Gap& gap);
nlohmann::json to_json(const GateOpening& opening);

/// The array of all rows.
template <typename Rows>
nlohmann::json to_json_array(const Rows& rows) {
    nlohmann::json array = nlohmann::json::array();
    for (const auto& row : rows) array.push_back(to_json(row));
    return array;
}

}  // namespace ganglion::fleet
