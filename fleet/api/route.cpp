#include "fleet/api/route.hpp"

#include <charconv>

namespace ganglion::fleet {
namespace {

using nlohmann::json;

json parameters_of(const Route& route) {
    json list = json::array();
    for (size_t open = route.path.find('{'); open != std::string::npos;
         open = route.path.find('{', open + 1)) {
        const size_t close = route.path.find('}', open);
        list.push_back({{"name", route.path.substr(open + 1, close - open - 1)},
                        {"in", "path"},
                        {"required", true},
                        {"schema", {{"type", "string"}}}});
    }
    for (const Parameter& parameter : route.parameters) {
        list.push_back({{"name", parameter.name},
                        {"in", "query"},
                        {"description", parameter.meaning},
                        {"schema", parameter.schema}});
    }
    return list;
}

json answers_of(const Route& route) {
    json answers;
    if (route.answer.is_null()) {
        answers["204"] = {{"description", "done"}};
    } else {
        const std::string type =
            route.path == "/api/stream" ? "text/event-stream" : route.answer_type;
        answers["200"] = {{"description", "the answer"},
                          {"content", {{type, {{"schema", route.answer}}}}}};
    }
    const json error{{"$ref", "#/components/responses/Error"}};
    answers["400"] = error;
    if (route.needs) {
        answers["401"] = error;
        answers["429"] = error;
        answers["403"] = error;
    }
    return answers;
}

}  // namespace

void send_json(httplib::Response& response, const json& json) {
    response.set_content(json.dump(), "application/json");
}

void send_error(httplib::Response& response, int status, const std::string& what) {
    response.status = status;
    send_json(response, {{"error", what}});
}

int64_t whole_number(const std::string& text, const char* name, int64_t low, int64_t high) {
    int64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || stop != end || value < low || value > high) {
        throw BadRequest(std::string(name) + " must be a whole number from " + std::to_string(low) +
                         " to " + std::to_string(high));
    }
    return value;
}

std::string text_of(const json& body, const char* name) {
    const auto field = body.find(name);
    if (field == body.end() || !field->is_string())
        throw BadRequest(std::string("the body needs \"") + name + "\", a text");
    return field->get<std::string>();
}

json openapi(const Routes& routes, const std::string& version) {
    json paths = json::object();
    for (const Route& route : routes) {
        json operation{{"summary", route.summary}, {"responses", answers_of(route)}};
        if (const json parameters = parameters_of(route); !parameters.empty())
            operation["parameters"] = parameters;
        if (!route.body.is_null()) {
            operation["requestBody"] = {
                {"required", true}, {"content", {{"application/json", {{"schema", route.body}}}}}};
        }
        if (route.takes_bytes)
            operation["requestBody"] = {
                {"required", true},
                {"content", {{"application/octet-stream", {{"schema", {{"type", "string"}}}}}}}};
        if (route.needs) {
            operation["security"] = {{{"token", json::array()}}, {{"session", json::array()}}};
            operation["description"] = "For role " + to_string(*route.needs) + " and above.";
        } else {
            operation["security"] = json::array();
        }
        paths[route.path][route.method] = std::move(operation);
    }
    const json error_schema{{"type", "object"},
                            {"required", {"error"}},
                            {"properties", {{"error", {{"type", "string"}}}}}};
    return {{"openapi", "3.1.0"},
            {"info", {{"title", "Ganglion fleet"}, {"version", version}}},
            {"paths", paths},
            {"components",
             {{"securitySchemes",
               {{"token", {{"type", "http"}, {"scheme", "bearer"}}},
                {"session", {{"type", "apiKey"}, {"in", "cookie"}, {"name", "ganglion"}}}}},
              {"responses",
               {{"Error",
                 {{"description", "what is wrong and what to do instead"},
                  {"content", {{"application/json", {{"schema", error_schema}}}}}}}}}}}};
}

std::string pattern_of(const std::string& path) {
    std::string pattern;
    for (size_t i = 0; i < path.size(); ++i) {
        if (path[i] == '{') {
            pattern += "([^/]+)";
            i = path.find('}', i);
        } else {
            if (path[i] == '.') pattern += '\\';
            pattern += path[i];
        }
    }
    return pattern;
}

}  // namespace ganglion::fleet
