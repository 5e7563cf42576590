#include "fleet/gateway/line.hpp"

#include <nlohmann/json.hpp>

#include "device/event/event.hpp"
#include "fleet/pki/pki.hpp"

namespace ganglion::fleet {
namespace {

constexpr uint64_t kNumberLimit = uint64_t{1} << 53;
constexpr uint64_t kMostPermille = 1000;

/// The number under this key, nothing where there is none; false where it is no such number.
bool read_number(const nlohmann::json& line, const char* key, uint64_t limit,
                 std::optional<uint64_t>& number) {
    const auto found = line.find(key);
    if (found == line.end()) return true;
    if (!found->is_number_unsigned() || found->get<uint64_t>() > limit) return false;
    number = found->get<uint64_t>();
    return true;
}

std::string text_of(const nlohmann::json& line, const char* key) {
    const auto found = line.find(key);
    return found != line.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

std::variant<LineEvent, std::string> parse_line(std::string_view text) {
    if (text.size() > kMaxLine) return "longer than 512 bytes";
    const auto line = nlohmann::json::parse(text, nullptr, false);
    if (!line.is_object()) return "no JSON object";
    LineEvent event;
    event.device = text_of(line, "device");
    if (!is_valid_device_id(event.device)) return "device is no id";
    event.label = text_of(line, "label");
    if (event.label.empty() || event.label.find('\0') != std::string::npos ||
        EventLabel(event.label).view() != event.label)
        return "label is no text of 1 to 15 bytes";
    std::optional<uint64_t> score, sample;
    if (!read_number(line, "number", kNumberLimit, event.number) || event.number == 0)
        return "number is no number from 1";
    if (!read_number(line, "score", kMostPermille, score)) return "score is no number up to 1000";
    if (!read_number(line, "sample", kNumberLimit - 1, sample)) return "sample is no number";
    event.score_permille = static_cast<uint16_t>(score.value_or(0));
    event.sample = sample.value_or(0);
    return event;
}

}  // namespace ganglion::fleet
