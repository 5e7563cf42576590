#include "device/coordinate/local_rule.hpp"

#include <algorithm>

namespace ganglion::coordinate {
namespace {

constexpr int32_t kFull = 1000;

}  // namespace

int32_t local_response(const Store& store, const LocalState& state, uint32_t step_s) {
    switch (store.kind) {
        case StoreKind::storage: {
            const int32_t side = state.own_use < 0 ? kMostLevel : -kMostLevel;
            const int32_t able = respond(store, side, step_s);
            return state.own_use < 0 ? std::min(able, -state.own_use)
                                     : std::max(able, -state.own_use);
        }
        case StoreKind::task:
            return respond(store, state.cheap ? kMostLevel : 0, step_s);
        case StoreKind::buffer:
            break;
    }
    return 0;
}

uint16_t strain_of(int32_t voltage, int32_t rest, int32_t limit) {
    if (rest == limit) return 0;
    const int64_t strain = int64_t{voltage - rest} * kFull / (limit - rest);
    return static_cast<uint16_t>(std::clamp<int64_t>(strain, 0, kFull));
}

int32_t eased(int32_t power, uint16_t strain, bool backward) {
    if (strain <= kEased || (power < 0) != backward) return power;
    const int64_t left = kFull - std::min<int64_t>(strain, kFull);
    return static_cast<int32_t>(power * left / (kFull - kEased));
}

}  // namespace ganglion::coordinate
