#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace ganglion::fleet::testing {

inline bool has_type(const nlohmann::json& value, const std::string& type) {
    if (type == "integer") return value.is_number_integer();
    if (type == "number") return value.is_number();
    return value.type_name() == type;
}

/// Where a value does not follow a schema of fleet/api/schema.hpp; empty where it does.
inline std::string fault_against(const nlohmann::json& schema, const nlohmann::json& value,
                                 const std::string& where = "answer") {
    if (const auto type = schema.find("type"); type != schema.end()) {
        bool fits = false;
        for (const auto& one : type->is_array() ? *type : nlohmann::json::array({*type}))
            fits = fits || has_type(value, one.get<std::string>());
        if (!fits) return where + " is " + value.type_name() + ", not " + type->dump();
    }
    if (const auto values = schema.find("enum"); values != schema.end()) {
        if (std::find(values->begin(), values->end(), value) == values->end())
            return where + " is " + value.dump();
    }
    if (schema.contains("minimum") && value < schema["minimum"]) return where + " is too small";
    if (value.is_array() && schema.contains("items")) {
        for (const auto& item : value) {
            if (auto fault = fault_against(schema["items"], item, where + "[]"); !fault.empty())
                return fault;
        }
    }
    if (!value.is_object() || !schema.contains("properties")) return {};
    for (const auto& name : schema["required"]) {
        if (!value.contains(name.get<std::string>())) return where + " lacks " + name.dump();
    }
    for (const auto& [name, field] : value.items()) {
        if (!schema["properties"].contains(name)) return where + " has an unknown " + name;
        auto fault = fault_against(schema["properties"][name], field, where + "." + name);
        if (!fault.empty()) return fault;
    }
    return {};
}

}  // namespace ganglion::fleet::testing
