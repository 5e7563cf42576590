#include <array>
#include <cstdlib>

#include "device/update/messages.hpp"

/// Every decoder on any bytes: must not crash, and a status that is taken must survive being
/// written and read again within its room.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace ganglion::update;
    const std::span<const uint8_t> payload(data, size);
    UpdateStatus status;
    if (decode(payload, status)) {
        std::array<uint8_t, kMaxUpdateStatusBytes> again;
        const size_t bytes = encode(status, again);
        UpdateStatus read;
        if (bytes == 0 || !decode(std::span(again).first(bytes), read) ||
            read.parts[1].digest != status.parts[1].digest || read.deferred != status.deferred)
            std::abort();
    }
    Want want;
    if (decode(payload, want) && (want.count == 0 || want.count > kMaxWanted)) std::abort();
    Piece piece;
    if (decode(payload, piece) && piece.bytes.size() > kPieceBytes) std::abort();
    Undo undo;
    decode(payload, undo);
    return 0;
}
