#include "fleet/nats/subject.hpp"

namespace ganglion::fleet {
namespace {

std::string translated(std::string_view text, std::string_view from, std::string_view to) {
    std::string result(text);
    for (char& c : result) {
        const size_t at = from.find(c);
        if (at != std::string_view::npos) c = to[at];
    }
    return result;
}

}  // namespace

std::string subject_of(std::string_view topic) {
    return translated(topic, "/.+#", "./*>");
}

std::string subject_prefix(const std::string& organisation) {
    return organisation.empty() ? "" : "organisation." + organisation + ".";
}

std::string topic_of(std::string_view subject) {
    return translated(subject, "./*>", "/.+#");
}

}  // namespace ganglion::fleet
