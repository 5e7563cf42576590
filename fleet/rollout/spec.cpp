#include "fleet/rollout/spec.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <stdexcept>

namespace ganglion::fleet {
namespace {

using nlohmann::json;

constexpr int kDayMinutes = 24 * 60;
constexpr int64_t kMinuteMs = 60'000;

[[noreturn]] void wrong(const std::string& what) {
    throw BadSpec("rollout: " + what);
}

std::string clock_text(int minute) {
    return fmt::format("{:02}:{:02}", minute / 60, minute % 60);
}

int minute_of(const std::string& text) {
    int hour = 0;
    int minute = 0;
    int end = 0;
    if (std::sscanf(text.c_str(), "%2d:%2d%n", &hour, &minute, &end) != 2 ||
        static_cast<size_t>(end) != text.size() || hour < 0 || hour > 23 || minute < 0 ||
        minute > 59)
        wrong("'" + text + "' is no time of day: write 22:00");
    return hour * 60 + minute;
}

template <typename T>
void take(const json& object, const char* name, T& to) {
    const auto field = object.find(name);
    if (field == object.end()) return;
    try {
        to = field->get<T>();
    } catch (const json::exception&) {
        wrong(std::string(name) + " has the wrong type");
    }
}

template <typename T>
void demand_range(const char* name, T value, T low, T high) {
    if (!(value >= low && value <= high))
        wrong(fmt::format("{} must be from {} to {}", name, low, high));
}

Stage read_stage(const json& object) {
    if (!object.is_object()) wrong("a stage is an object with share and wait_s");
    Stage stage;
    take(object, "share", stage.share);
    take(object, "wait_s", stage.wait_s);
    if (!(stage.share > 0 && stage.share <= 1)) wrong("a stage's share lies above 0 and up to 1");
    demand_range<int64_t>("wait_s", stage.wait_s, 0, 366 * 86400);
    return stage;
}

Window read_window(const json& object) {
    Window window;
    std::string from;
    std::string to;
    if (!object.is_object()) wrong("a window is an object with days, from and to");
    take(object, "days", window.days);
    take(object, "from", from);
    take(object, "to", to);
    window.from = minute_of(from);
    window.to = minute_of(to);
    if (window.from == window.to) wrong("a window's from and to are the same");
    for (const int day : window.days) demand_range("days", day, 0, 6);
    return window;
}

void read_gates(const json& object, GateLimits& gates) {
    take(object, "failures", gates.failures);
    take(object, "unhealthy", gates.unhealthy);
    take(object, "alert_ratio", gates.alert_ratio);
    take(object, "alert_slack", gates.alert_slack);
    take(object, "score_distance", gates.score_distance);
    take(object, "alpha", gates.alpha);
    take(object, "devices", gates.devices);
    take(object, "inferences", gates.inferences);
    demand_range("gates.failures", gates.failures, 0.0001, 1.0);
    demand_range("gates.unhealthy", gates.unhealthy, 0.0001, 1.0);
    demand_range("gates.alert_ratio", gates.alert_ratio, 1.0, 1000.0);
    demand_range("gates.alert_slack", gates.alert_slack, 0.0, 1000.0);
    demand_range("gates.score_distance", gates.score_distance, 0.0, 1.0);
    demand_range("gates.alpha", gates.alpha, 0.0001, 0.5);
    demand_range("gates.inferences", gates.inferences, uint64_t{1}, uint64_t{1} << 40);
}

}  // namespace

json to_json(const RolloutSpec& spec) {
    json stages = json::array();
    for (const Stage& stage : spec.stages)
        stages.push_back({{"share", stage.share}, {"wait_s", stage.wait_s}});
    json windows = json::array();
    for (const Window& window : spec.windows)
        windows.push_back({{"days", window.days},
                           {"from", clock_text(window.from)},
                           {"to", clock_text(window.to)}});
    const GateLimits& gates = spec.gates;
    return {{"release", spec.release},
            {"name", spec.name},
            {"application", spec.application},
            {"devices", spec.devices},
            {"attributes", spec.attributes},
            {"stages", stages},
            {"windows", windows},
            {"concurrency", spec.concurrency},
            {"bytes_per_second", spec.bytes_per_second},
            {"after", spec.after},
            {"settled", spec.settled},
            {"trial_limit_s", spec.trial_limit_s},
            {"deadline_s", spec.deadline_s},
            {"look_s", spec.look_s},
            {"gates",
             {{"failures", gates.failures},
              {"unhealthy", gates.unhealthy},
              {"alert_ratio", gates.alert_ratio},
              {"alert_slack", gates.alert_slack},
              {"score_distance", gates.score_distance},
              {"alpha", gates.alpha},
              {"devices", gates.devices},
              {"inferences", gates.inferences}}}};
}

RolloutSpec read_spec(const json& object) {
    if (!object.is_object()) wrong("it must be a JSON object");
    const json known = to_json(RolloutSpec{});
    for (const auto& [name, value] : object.items())
        if (!known.contains(name)) wrong("'" + name + "' is no field of a rollout");
    RolloutSpec spec;
    take(object, "release", spec.release);
    take(object, "name", spec.name);
    take(object, "application", spec.application);
    take(object, "devices", spec.devices);
    if (const auto attributes = object.find("attributes"); attributes != object.end())
        spec.attributes = read_attributes(*attributes);
    take(object, "concurrency", spec.concurrency);
    take(object, "bytes_per_second", spec.bytes_per_second);
    take(object, "after", spec.after);
    take(object, "settled", spec.settled);
    take(object, "trial_limit_s", spec.trial_limit_s);
    take(object, "deadline_s", spec.deadline_s);
    take(object, "look_s", spec.look_s);
    if (const auto gates = object.find("gates"); gates != object.end()) {
        if (!gates->is_object()) wrong("gates is an object");
        for (const auto& [name, value] : gates->items())
            if (!known["gates"].contains(name)) wrong("'" + name + "' is no gate");
        read_gates(*gates, spec.gates);
    }
    if (const auto stages = object.find("stages"); stages != object.end() && stages->is_array())
        for (const json& stage : *stages) spec.stages.push_back(read_stage(stage));
    if (const auto windows = object.find("windows"); windows != object.end() && windows->is_array())
        for (const json& window : *windows) spec.windows.push_back(read_window(window));
    if (spec.release.empty()) wrong("release is missing: the id of a release of this fleet");
    if (spec.name.size() > 100) wrong("a name has at most 100 bytes");
    if (spec.stages.empty()) spec.stages = {{0.01, 3600}, {0.1, 3600}, {1, 0}};
    if (spec.stages.size() > kMostStages) wrong("at most 20 stages");
    const auto sinks = [](const Stage& a, const Stage& b) { return b.share <= a.share; };
    if (std::ranges::adjacent_find(spec.stages, sinks) != spec.stages.end())
        wrong("the shares of the stages must rise: each counts the ones before in");
    demand_range("concurrency", spec.concurrency, 1U, 1'000'000U);
    demand_range("settled", spec.settled, 0.0, 1.0);
    demand_range<int64_t>("trial_limit_s", spec.trial_limit_s, 1, 366 * 86400);
    demand_range<int64_t>("deadline_s", spec.deadline_s, 1, 3660L * 86400);
    demand_range<int64_t>("look_s", spec.look_s, 1, 86400);
    return spec;
}

Attributes read_attributes(const json& object) {
    constexpr size_t most = 32;
    constexpr size_t most_bytes = 64;
    const auto fits = [](const std::string& text) {
        return !text.empty() && text.size() <= most_bytes;
    };
    if (!object.is_object() || object.size() > most)
        wrong("attributes are an object of at most 32 texts, such as {\"site\": \"north\"}");
    Attributes attributes;
    for (const auto& [name, value] : object.items()) {
        if (!value.is_string() || !fits(name) || !fits(value.get<std::string>()))
            wrong("an attribute's name and its value are texts of 1 to 64 bytes");
        attributes.emplace(name, value.get<std::string>());
    }
    return attributes;
}

bool is_open(const std::vector<Window>& windows, int64_t time_ms) {
    if (windows.empty()) return true;
    const int64_t minutes = time_ms / kMinuteMs;
    const int minute = static_cast<int>(minutes % kDayMinutes);
    // 1970 began on a Thursday.
    const int day = static_cast<int>((minutes / kDayMinutes + 3) % 7);
    return std::ranges::any_of(windows, [&](const Window& window) {
        const bool over_midnight = window.from > window.to;
        const bool after_midnight = over_midnight && minute < window.to;
        const bool inside = over_midnight ? minute >= window.from || minute < window.to
                                          : minute >= window.from && minute < window.to;
        const int begun = after_midnight ? (day + 6) % 7 : day;
        return inside &&
               (window.days.empty() || std::ranges::find(window.days, begun) != window.days.end());
    });
}

bool matches(std::string_view pattern, std::string_view text) {
    size_t p = 0;
    size_t t = 0;
    size_t star = std::string_view::npos;
    size_t resume = 0;
    while (t < text.size()) {
        if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
            ++p;
            ++t;
        } else if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            resume = t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

}  // namespace ganglion::fleet
