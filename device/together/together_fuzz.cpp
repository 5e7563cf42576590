#include <array>
#include <cstdlib>

#include "device/together/member.hpp"
#include "device/update/testing/believe_all.hpp"

namespace {

using namespace ganglion;
using namespace ganglion::together;

constexpr ShareTerms kTerms{.centre = {2000, 3000},
                            .count = 2,
                            .radius = 256,
                            .sigma = 64,
                            .period_s = 3600,
                            .contributions = 3,
                            .wider = 128};

template <typename Message, size_t most>
void check_comes_back(const Message& message) {
    std::array<uint8_t, most> again;
    const size_t bytes = encode(message, again);
    Message read;
    if (bytes == 0 || !decode(std::span(again).first(bytes), read)) std::abort();
}

}  // namespace

/// libFuzzer entry: any bytes are refused as a contribution or request or are one that can be said
/// again within its size; any bytes, signed or not, are refused as a prior or lie within the terms.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::span<const uint8_t> bytes(data, size);
    Contribution contribution;
    if (decode(bytes, contribution))
        check_comes_back<Contribution, kMaxContributionBytes>(contribution);
    PriorRequest request;
    if (decode(bytes, request)) check_comes_back<PriorRequest, kMaxPriorRequestBytes>(request);
    PriorMessage prior;
    if (decode(bytes, prior)) check_comes_back<PriorMessage, kMaxPriorBytes>(prior);

    Member member({.application = "machine", .version = "2.0.0", .group = {}, .coordinator = {}},
                  kTerms, update::kBelieveAll, {});
    if (member.offer(bytes, prior) != PriorRefusal::none) return 0;
    if (prior.count != kTerms.count || prior.sequence != member.state().prior) std::abort();
    for (const int16_t value : prior.numbers())
        if (value < 0 || value > 3000 + 256 + 6 * 64 + 128) std::abort();
    return 0;
}
