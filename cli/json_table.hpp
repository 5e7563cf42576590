#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace ganglion::cli {

/// An answer of the API for people: objects in an array become lines of a table with their fields'
/// names above, an object's fields a line each; what has no such form stays JSON.
std::string table_text(const nlohmann::ordered_json& answer);

}  // namespace ganglion::cli
