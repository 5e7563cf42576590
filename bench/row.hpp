#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace ganglion::bench {

/// One measured number, in the one schema of every benchmark of the project.
struct Row {
    std::string bench;  ///< "engine"
    std::string name;   ///< "case" in JSON: "kws instructions cortex-m4"
    double value = 0;
    std::string unit;  ///< "instructions"
    std::string peer;  ///< who is compared with, and where its number comes from; may be empty
    std::optional<double> peer_value;
    std::optional<double>
        goal;  ///< for the ratio value / peer_value where there is a peer, else for the value
};

/// Whether the row's goal is reached; empty where it has none.
std::optional<bool> is_met(const Row& row);

/// {"bench","case","value","unit","peer","peer_value","ratio","goal"}; what is not known is null.
nlohmann::json to_json(const std::vector<Row>& rows);

/// The same as a table for people.
std::string to_text(const std::vector<Row>& rows);

}  // namespace ganglion::bench
