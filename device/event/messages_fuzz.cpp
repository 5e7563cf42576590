#include <cstdlib>
#include <vector>

#include "device/event/messages.hpp"

/// Every decoder on any bytes: must not crash, and an accepted batch must survive being written and
/// read again.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace ganglion;
    const std::span<const uint8_t> payload(data, size);
    EventBatch batch;
    if (decode_event_batch(payload, batch)) {
        std::vector<uint8_t> again(kMaxBatchBytes);
        again.resize(encode(batch, again));
        EventBatch read;
        if (!decode_event_batch(again, read) || read.events != batch.events) std::abort();
    }
    Ack ack;
    decode_ack(payload, ack);
    ForgetMessage forget;
    decode_forget(payload, forget);
    StatusMessage status;
    decode_status(payload, status);
    ReportMessage report;
    decode_report(payload, report);
    GateChunk chunk;
    decode_gate_chunk(payload, chunk);
    return 0;
}
