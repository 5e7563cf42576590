#include "fleet/api/stream_writer.hpp"

#include <deque>
#include <utility>

namespace ganglion::fleet {
namespace {

constexpr uint32_t kReplayPage = 500;
constexpr auto kWaitLimit = std::chrono::milliseconds(500);
constexpr auto kKeepAliveInterval = std::chrono::seconds(10);

}  // namespace

StreamWriter::StreamWriter(Store& store, std::unique_ptr<Subscription> subscription,
                           std::optional<int64_t> last_seen)
    : store_(store), subscription_(std::move(subscription)), last_seen_(last_seen) {}

bool StreamWriter::write(httplib::DataSink& sink) {
    if (!std::exchange(begun_, true)) {
        last_write_ = std::chrono::steady_clock::now();
        return send(sink, "retry: 1000\n\n") && replay(sink);
    }
    std::deque<std::shared_ptr<const Frame>> frames;
    const bool open = subscription_->take(frames, kWaitLimit);
    std::string text;
    for (const auto& frame : frames) {
        // The reader subscribed before the replay was read, so an event may come both ways.
        if (frame->event_id != 0 && last_seen_ && frame->event_id <= *last_seen_) continue;
        if (frame->event_id != 0) last_seen_ = frame->event_id;
        text += frame->text;
    }
    const auto now = std::chrono::steady_clock::now();
    if (text.empty() && now - last_write_ > kKeepAliveInterval) text = ": still here\n\n";
    if (!text.empty()) last_write_ = now;
    if (!sink.is_writable() || !send(sink, text)) return false;
    if (!open) sink.done();
    return true;
}

bool StreamWriter::replay(httplib::DataSink& sink) {
    while (last_seen_) {
        const auto page = store_.events({{}, last_seen_, {}, kReplayPage});
        std::string text;
        for (const StoredEvent& event : page) text += frame_of(event).text;
        if (!send(sink, text)) return false;
        if (!page.empty()) last_seen_ = page.back().id;
        if (page.size() < kReplayPage) return true;
    }
    return true;
}

bool StreamWriter::send(httplib::DataSink& sink, const std::string& text) {
    return text.empty() || sink.write(text.data(), text.size());
}

}  // namespace ganglion::fleet
