#include <algorithm>

#include "device/coordinate/local_rule.hpp"
#include "fleet/coordinate/coordinator_state.hpp"

// What would have been without a coordinator: a copy of each device's stores that nobody steers.

namespace ganglion::fleet::coordinate {
namespace {

constexpr uint32_t kHour = 3600;

// What it says of a store, with the content that the copy has come to meanwhile.
device::Store met(const device::Store& said, const device::Store& alone) {
    device::Store store = said;
    const bool task = said.kind == device::StoreKind::task;
    // A task that was not there yet begins as it came.
    if (alone.kind == said.kind && alone.valid() && !(task && alone.from_q != 0))
        store.content = std::min(alone.content, said.most);
    return store;
}

}  // namespace

double Coordinator::live_alone(Feeder& feeder, double own_use, uint32_t now_s) const {
    const uint32_t hour = now_s / kHour % 24;
    const bool night = options_.cheap_from_h > options_.cheap_until_h;
    const bool after = hour >= options_.cheap_from_h;
    const bool before = hour < options_.cheap_until_h;
    device::LocalState state;
    state.cheap = night ? after || before : after && before;
    double sum = own_use;
    for (Member& member : feeder.members) {
        if (!member.ever) continue;
        state.own_use = member.summary.own_use();
        const uint32_t had = member.alone_count;
        member.alone_count = member.summary.store_count;
        for (uint32_t i = 0; i < member.alone_count; ++i) {
            const device::Store& said = member.summary.stores[i];
            device::Store& store = member.alone[i];
            store = i < had ? met(said, store) : said;
            if (store.from_q != 0) continue;
            const int32_t power = device::local_response(store, state, options_.cycle_s);
            device::advance(store, power, options_.cycle_s);
            sum += power;
        }
    }
    return sum;
}

}  // namespace ganglion::fleet::coordinate
