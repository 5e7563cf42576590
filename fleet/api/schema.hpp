#pragma once

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <utility>

// JSON schemas (draft 2020-12) of what the API takes and gives, in short.

namespace ganglion::fleet::schema {

using nlohmann::json;

inline json text() {
    return {{"type", "string"}};
}
inline json flag() {
    return {{"type", "boolean"}};
}
/// A whole number from `low`.
inline json number(int64_t low = 0) {
    return {{"type", "integer"}, {"minimum", low}};
}
inline json number_or_null() {
    return {{"type", {"integer", "null"}}};
}
inline json real() {
    return {{"type", "number"}};
}
inline json one_of(std::initializer_list<const char*> values) {
    return {{"type", "string"}, {"enum", values}};
}
inline json array(json items) {
    return {{"type", "array"}, {"items", std::move(items)}};
}
/// An object with exactly these fields.
inline json object(std::initializer_list<std::pair<const char*, json>> fields) {
    json properties = json::object();
    json required = json::array();
    for (const auto& [name, value] : fields) {
        properties[name] = value;
        required.push_back(name);
    }
    return {{"type", "object"},
            {"properties", properties},
            {"required", required},
            {"additionalProperties", false}};
}

}  // namespace ganglion::fleet::schema
