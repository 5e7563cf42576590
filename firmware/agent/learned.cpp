#include "firmware/agent/learned.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "device/learn/learned_store.hpp"
#include "firmware/agent/reflex.hpp"
#include "firmware/agent/sampler.hpp"
#include "firmware/boards/mps2_an386/board.hpp"
#include "firmware/layout.hpp"

namespace ganglion::firmware::learned {
namespace {

// Of the sensor's time: a slow sensor learns slowly.
constexpr uint64_t kFirstAfterS = 60;
constexpr uint64_t kEveryS = 3600;
// Of the device's: a flash that is written more often would wear out.
constexpr uint64_t kLeastMs = 2000;

std::optional<LearnedStore> store;
const Bundle* active = nullptr;
LearnedStore::Key key;
alignas(8) std::array<uint8_t, kLearnedHalfBytes - LearnedStore::kRecordOverhead> copy;
bool stored_before = false;
uint64_t stored_at = 0;     // sample
uint64_t stored_at_ms = 0;  // of the device

uint64_t sensed_seconds() {
    const BundleMeta& meta = active->meta();
    return (sampler::arrived() - stored_at) * meta.period_s / meta.rate_hz;
}

void say(std::string_view what, uint64_t bytes) {
    board::print("agent: ");
    board::print(what);
    board::print(bytes);
    board::print(" bytes that it has learned\n");
}

void save(uint64_t now_ms) {
    const size_t size = reflex::copy_learned(copy);
    stored_at = sampler::arrived();
    stored_at_ms = now_ms;
    stored_before = true;
    if (size == 0) return;
    if (store->save(key, std::span(copy).first(size)) == Status::ok)
        say("keeps ", size);
    else
        say("cannot keep ", size);
}

}  // namespace

void start(Flash& flash, const Bundle& bundle) {
    store.emplace(flash, kLearnedOffset, kLearnedHalfBytes);
    set_bundle(bundle);
    uint32_t size = 0;
    if (store->load(key, copy, size) != Status::ok || size == 0) return;
    if (!reflex::resume_learned(std::span(copy).first(size))) return;
    stored_before = true;
    say("goes on from ", size);
}

void set_bundle(const Bundle& bundle) {
    active = &bundle;
    std::copy_n(bundle.digest().begin(), key.size(), key.begin());
    stored_before = false;
    stored_at = sampler::arrived();
}

void poll(uint64_t now_ms) {
    if (active == nullptr || now_ms - stored_at_ms < kLeastMs) return;
    if (sensed_seconds() >= (stored_before ? kEveryS : kFirstAfterS)) save(now_ms);
}

void forget() {
    if (active == nullptr) return;
    if (store->forget() != Status::ok) {
        board::print("agent: cannot forget\n");
        return;
    }
    reflex::forget_learned();
    stored_before = false;
    stored_at = sampler::arrived();
    board::print("agent: has forgotten what it had learned\n");
}

}  // namespace ganglion::firmware::learned
