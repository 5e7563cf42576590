#include "device/coordinate/store.hpp"

#include <algorithm>

namespace ganglion::coordinate {
namespace {

constexpr int64_t kHour = 3600;
constexpr int64_t kUnit = 1000;
/// A task is begun when it needs this share of its power until its end: what comes in between (a
/// voltage limit, a cut) must not make it late.
constexpr int64_t kLate = 900;

// The most power that fits the room or content for so long.
int64_t through(int64_t amount, uint32_t step_s) {
    return amount * kHour / std::max<int64_t>(step_s, 1);
}

}  // namespace

bool Store::valid() const {
    const auto within = [](int32_t value) { return value >= 0 && value <= kMost; };
    return within(content) && within(most) && content <= most && within(give) && within(take) &&
           from_q <= kMostQuarters && until_q <= kMostQuarters &&
           (kind == StoreKind::task ? give == 0 && until_q > from_q : until_q == 0);
}

int32_t respond(const Store& store, int32_t level, uint32_t step_s) {
    if (store.from_q != 0) return 0;
    level = std::clamp(level, -kMostLevel, kMostLevel);
    if (level < 0 && store.kind != StoreKind::task) {
        const int64_t kept = store.kind == StoreKind::storage ? kStorageKeeps : kUnit;
        const int64_t wanted = -int64_t{level} * store.content / kUnit;
        const int64_t content = through(store.content, step_s) * kept / kUnit;
        return -static_cast<int32_t>(std::min({wanted, content, int64_t{store.give}}));
    }
    const int64_t room = store.room();
    const int64_t least = std::max<int32_t>(level, 0);
    int64_t wanted = least * room / kUnit;
    if (store.kind == StoreKind::task) {
        const int64_t rate = room * 4 / std::max<int64_t>(store.until_q, 1);
        wanted = rate * kUnit >= store.take * kLate ? store.take : least * rate / kUnit;
    }
    const int64_t kept = store.kind == StoreKind::storage ? kStorageKeeps : kUnit;
    const int64_t fits = through(room, step_s) * kUnit / kept;
    return static_cast<int32_t>(std::min({wanted, fits, int64_t{store.take}}));
}

void advance(Store& store, int32_t power, uint32_t step_s) {
    int64_t change = int64_t{power} * step_s / kHour;
    if (store.kind == StoreKind::storage)
        change = power > 0 ? change * kStorageKeeps / kUnit : change * kUnit / kStorageKeeps;
    store.content =
        static_cast<int32_t>(std::clamp<int64_t>(store.content + change, 0, store.most));
}

}  // namespace ganglion::coordinate
