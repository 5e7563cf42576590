#include "fleet/client/sse_parser.hpp"

#include <utility>

namespace ganglion::fleet {
namespace {

constexpr size_t kMaxLineBytes = 1 << 20;

}  // namespace

bool SseParser::feed(std::string_view piece, const Sink& sink) {
    for (const char c : piece) {
        if (c == '\n') {
            end_line(sink);
        } else if (c != '\r') {
            line_ += c;
        }
        if (line_.size() > kMaxLineBytes || message_.data.size() > kMaxLineBytes) return false;
    }
    return true;
}

void SseParser::end_line(const Sink& sink) {
    const std::string line = std::exchange(line_, {});
    if (line.empty()) {
        if (has_data_) sink(message_);
        message_ = {};
        has_data_ = false;
        return;
    }
    const size_t colon = line.find(':');
    const std::string_view name = std::string_view(line).substr(0, colon);
    std::string_view value =
        colon == std::string::npos ? std::string_view() : std::string_view(line).substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (name == "event") message_.event = value;
    if (name == "id") message_.id = value;
    if (name == "data") {
        if (std::exchange(has_data_, true)) message_.data += '\n';
        message_.data += value;
    }
}

}  // namespace ganglion::fleet
