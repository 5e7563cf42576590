#include "fleet/gateway/gateway.hpp"

#include "fleet/store/store.hpp"

namespace ganglion::fleet {
namespace {

const std::filesystem::path& prepared(const std::filesystem::path& folder) {
    create_private_directory(folder);
    return folder;
}

}  // namespace

Gateway::Gateway(const GatewayConfig& config)
    : lock_(prepared(config.state_dir)),
      spool_(config.state_dir / "spool.db", config.most_events, config.clock),
      uplink_(spool_, config.identities, config.brokers, config.log),
      lines_(
          config.lines, [this](const std::vector<std::string>& lines) { return take(lines); },
          config.log) {}

std::vector<std::string> Gateway::take(const std::vector<std::string>& lines) {
    std::vector<std::string> answers;
    std::vector<LineEvent> events;
    std::vector<size_t> stored;  // answers that count only once the events are on the disk
    for (const std::string& line : lines) {
        auto parsed = parse_line(line);
        auto* event = std::get_if<LineEvent>(&parsed);
        if (event == nullptr) {
            answers.push_back("error " + std::get<std::string>(parsed));
        } else if (!uplink_.knows(event->device)) {
            answers.push_back("error no identity for " + event->device);
        } else {
            stored.push_back(answers.size());
            answers.push_back(event->number ? "ok " + std::to_string(*event->number) : "ok");
            events.push_back(std::move(*event));
        }
    }
    if (events.empty()) return answers;
    try {
        spool_.take(events);
    } catch (const StoreError&) {
        for (const size_t index : stored) answers[index] = "error not stored, send it again";
        return answers;
    }
    uplink_.wake();
    return answers;
}

}  // namespace ganglion::fleet
