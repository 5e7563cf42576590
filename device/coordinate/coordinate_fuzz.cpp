#include <array>
#include <cstdlib>

#include "device/coordinate/follower.hpp"
#include "device/update/testing/believe_all.hpp"

namespace {

using namespace ganglion;
using namespace ganglion::coordinate;

constexpr LocalLimits kLimits{.most_taken = 20'000, .most_given = 10'000, .most_valid_s = 14'400};

void check_summary(const Summary& summary) {
    std::array<uint8_t, kMaxSummaryBytes> again;
    const size_t bytes = encode(summary, again);
    Summary read;
    if (bytes == 0 || !decode(std::span(again).first(bytes), read) ||
        read.measured != summary.measured || read.store_count != summary.store_count)
        std::abort();
    for (uint32_t i = 0; i < summary.store_count; ++i) {
        Store store = summary.stores[i];
        for (const int32_t level : {-kMostLevel, -1000, 0, 1000, kMostLevel}) {
            const int32_t power = respond(store, level, 900);
            if (power > store.take || power < -store.give) std::abort();
            advance(store, power, 900);
            if (!store.valid()) std::abort();
        }
    }
}

}  // namespace

/// libFuzzer entry: any bytes are refused as a summary or are one whose stores keep to their
/// limits; any bytes, signed or not, are refused as a set-point or keep the device within its
/// limits for as long as it allows.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::span<const uint8_t> bytes(data, size);
    Summary summary;
    if (decode(bytes, summary)) check_summary(summary);

    Summary state;
    state.measured[0] = 500;
    state.stores[0] = {StoreKind::storage, 3000, 10'000, 5000, 5000, 0, 0};
    state.stores[1] = {StoreKind::task, 3000, 30'000, 0, 11'000, 0, 30};
    state.store_count = 2;
    Follower follower({.device = "meter-1", .group = "feeder-1", .coordinator = {}}, kLimits,
                      update::kBelieveAll);
    constexpr uint32_t now_s = 1'800'000'000;
    if (follower.offer(bytes, now_s, state) != Refusal::none) {
        if (follower.levels(now_s)) std::abort();
        return 0;
    }
    const uint32_t latest = now_s + kLimits.clock_error_s + kLimits.most_valid_s;
    if (follower.levels(latest)) std::abort();
    return 0;
}
