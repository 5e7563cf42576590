#include "fleet/base/log.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <nlohmann/json.hpp>

#include "fleet/base/clock.hpp"

namespace ganglion::fleet {
namespace {

std::string utc_text(int64_t time_ms) {
    const auto seconds = static_cast<std::time_t>(time_ms / 1000);
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    std::array<char, 32> text{};
    const size_t size = std::strftime(text.data(), text.size(), "%FT%T", &utc);
    const std::string thousandths = std::to_string(1000 + time_ms % 1000);
    return std::string(text.data(), size) + "." + thousandths.substr(1) + "Z";
}

/// "ingest", or "acme/ingest" of an organisation.
bool is_part(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '/' || c == '_';
    });
}

}  // namespace

std::string json_line(std::string_view line, int64_t time_ms) {
    nlohmann::ordered_json object{{"time", utc_text(time_ms)}};
    const size_t colon = line.find(": ");
    if (colon != std::string_view::npos && is_part(line.substr(0, colon))) {
        object["part"] = line.substr(0, colon);
        line.remove_prefix(colon + 2);
    }
    object["text"] = line;
    // What devices say may be in it, also what is no UTF-8.
    return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Log stderr_log(LogFormat format) {
    return [format](std::string_view line) {
        const std::string text =
            (format == LogFormat::json ? json_line(line, now_ms()) : std::string(line)) + "\n";
        // Who reads it may be gone, and then there is nobody to tell.
        [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
    };
}

}  // namespace ganglion::fleet
