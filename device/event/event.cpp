#include "device/event/event.hpp"

#include "device/event/map_reader.hpp"

namespace ganglion {
namespace {

enum Key : uint32_t {
    kBoot,
    kSequence,
    kClock,
    kKind,
    kLabel,
    kScore,
    kSample,
    kStopSamples,
    kStopInstructions,
};

constexpr uint32_t kRequired = (1U << kStopSamples) - 1;

}  // namespace

void encode(const Event& event, CborWriter& out) {
    out.map(7U + event.stop_samples.has_value() + event.stop_instructions.has_value());
    out.uint(kBoot), out.uint(event.boot);
    out.uint(kSequence), out.uint(event.sequence);
    out.uint(kClock), out.uint(event.clock_ms);
    out.uint(kKind), out.uint(static_cast<uint8_t>(event.kind));
    out.uint(kLabel), out.text(event.label.view());
    out.uint(kScore), out.uint(event.score_permille);
    out.uint(kSample), out.uint(event.sample);
    if (event.stop_samples) out.uint(kStopSamples), out.uint(*event.stop_samples);
    if (event.stop_instructions) out.uint(kStopInstructions), out.uint(*event.stop_instructions);
}

bool decode(CborReader& in, Event& event) {
    event = {};
    uint32_t number = 0;
    std::string_view text;
    const bool ok = read_map(in, kRequired, [&](uint64_t key) {
        switch (key) {
            case kBoot:
                return in.uint(event.boot);
            case kSequence:
                return in.uint(event.sequence) && event.sequence > 0;
            case kClock:
                return in.uint(event.clock_ms);
            case kKind:
                if (!in.uint(number) || number > static_cast<uint32_t>(EventKind::action))
                    return false;
                event.kind = static_cast<EventKind>(number);
                return true;
            case kLabel:
                if (!in.text(text) || text.size() > EventLabel::kMaxBytes || !is_utf8(text))
                    return false;
                event.label = EventLabel(text);
                return true;
            case kScore:
                if (!in.uint(number) || number > 1000) return false;
                event.score_permille = static_cast<uint16_t>(number);
                return true;
            case kSample:
                return in.uint(event.sample);
            case kStopSamples:
                if (!in.uint(number)) return false;
                event.stop_samples = number;
                return true;
            case kStopInstructions:
                if (!in.uint(number)) return false;
                event.stop_instructions = number;
                return true;
            default:
                return in.skip();
        }
    });
    return ok;
}

}  // namespace ganglion
