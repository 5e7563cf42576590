#include <cstdint>
#include <cstdlib>

#include "fleet/gateway/line.hpp"
#include "fleet/ingest/decode.hpp"
#include "fleet/pki/pki.hpp"

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

}  // namespace

/// What the spool and the server count on, whatever the bytes of a line.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace ganglion::fleet;
    const auto parsed = parse_line({reinterpret_cast<const char*>(data), size});
    if (const auto* event = std::get_if<LineEvent>(&parsed)) {
        require(is_valid_device_id(event->device) && event->score_permille <= 1000);
        require(!event->label.empty() && event->label.size() <= 15 && is_utf8(event->label));
        require(event->sample < uint64_t{1} << 53 && event->number.value_or(1) > 0);
    } else {
        require(!std::get<std::string>(parsed).empty());
    }
    return 0;
}
