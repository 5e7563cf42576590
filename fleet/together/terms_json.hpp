#pragma once

#include <nlohmann/json.hpp>

#include "fleet/together/prior.hpp"

namespace ganglion::fleet::together {

/// {"centre":[…],"radius","sigma","period_s","contributions","wider"}
nlohmann::json to_json(const device::ShareTerms& terms);
/// Throws std::runtime_error that says what is wrong.
device::ShareTerms terms_from(const nlohmann::json& json);

}  // namespace ganglion::fleet::together
