#include "fleet/api/metrics.hpp"

#include <array>
#include <charconv>

namespace ganglion::fleet {
namespace {

std::string number(double value) {
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    return {text.data(), end};
}

/// A client may call its method anything; what HTTP knows is counted by name.
std::string known_method(const std::string& method) {
    for (const char* known : {"GET", "HEAD", "POST", "PUT", "DELETE"}) {
        if (method == known) return method;
    }
    return "other";
}

}  // namespace

std::string prometheus_text(const std::vector<Metric>& metrics) {
    std::string text;
    for (const Metric& metric : metrics) {
        text += "# HELP " + metric.name + " " + metric.help + "\n";
        text += "# TYPE " + metric.name + " " + metric.type + "\n";
        for (const auto& [labels, value] : metric.values) {
            const std::string braces = labels.empty() ? "" : "{" + labels + "}";
            text += metric.name + braces + " " + number(value) + "\n";
        }
    }
    return text;
}

void RequestCounts::add(const std::string& method, int status) {
    const std::lock_guard lock(mutex_);
    ++counts_[{known_method(method), status}];
}

std::vector<Metric> RequestCounts::metrics() const {
    const std::lock_guard lock(mutex_);
    Metric metric{"ganglion_http_requests_total", "HTTP requests answered.", "counter", {}};
    for (const auto& [key, count] : counts_) {
        metric.values.emplace_back(
            "method=\"" + key.first + "\",status=\"" + std::to_string(key.second) + "\"",
            static_cast<double>(count));
    }
    return {metric};
}

}  // namespace ganglion::fleet
