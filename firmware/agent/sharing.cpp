#include "firmware/agent/sharing.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "device/learn/learned_store.hpp"
#include "device/together/member.hpp"
#include "firmware/agent/reflex.hpp"
#include "firmware/boards/mps2_an386/board.hpp"
#include "firmware/layout.hpp"
#include "firmware/network/crypto.hpp"
#include "firmware/network/lwip_port.h"
#include "firmware/network/mqtt_session.hpp"

namespace ganglion::firmware::sharing {
namespace {

constexpr uint64_t kAskEveryMs = 3'600'000;
constexpr uint64_t kLookEveryMs = 1000;
/// Of any bundle: what has left the board does not come back with another one.
constexpr LearnedStore::Key kKey = {'s', 'h', 'a', 'r', 'i', 'n', 'g', '1'};

std::optional<LearnedStore> store;
std::optional<together::Member> member;
update::Crypto cryptography;
update::PublicKey coordinator;
bool coordinated = false;
uint32_t stage = 0;  // whose learner shares

bool asked = false;
uint64_t asked_at_ms = 0, looked_at_ms = 0;
mqtt::Published ask_state, share_state;
std::array<uint8_t, together::kMaxContributionBytes> message;
size_t message_bytes = 0;  // 0: nothing waits
bool message_sent = false;

uint64_t random_word(void*) {
    const uint64_t high = ganglion_random();
    return high << 32U | ganglion_random();
}

together::MemberState load() {
    together::MemberState state;
    std::array<uint8_t, sizeof state> bytes{};
    uint32_t size = 0;
    if (store->load(kKey, bytes, size) == Status::ok && size == bytes.size())
        std::memcpy(&state, bytes.data(), size);
    return state;
}

bool keep() {
    const together::MemberState state = member->state();
    std::array<uint8_t, sizeof state> bytes;
    std::memcpy(bytes.data(), &state, bytes.size());
    return store->save(kKey, bytes) == Status::ok;
}

void ask(uint64_t now_ms) {
    if (asked && now_ms - asked_at_ms < kAskEveryMs) return;
    std::array<uint8_t, together::kMaxPriorRequestBytes> payload;
    const size_t size = encode(member->request(), payload);
    if (!mqtt::publish("begin", std::span(payload).first(size), false, ask_state)) return;
    asked = true;
    asked_at_ms = now_ms;
}

// Counted and kept before anything is said: a power cut may lose a contribution, never repeat it.
void make_contribution(std::span<const int16_t> learned) {
    const auto now_s = static_cast<uint32_t>(crypto::unix_time());
    const auto made = member->contribute(learned, now_s, {random_word, nullptr});
    if (!made || !keep()) return;
    message_bytes = encode(*made, message);
    message_sent = false;
    board::print("agent: shares ");
    board::print(uint64_t{made->count});
    board::print(" numbers of what it has learned\n");
}

void send_contribution() {
    if (message_sent) {
        if (share_state == mqtt::Published::pending) return;
        if (share_state == mqtt::Published::delivered) message_bytes = 0;
        message_sent = false;
    }
    if (message_bytes > 0)
        message_sent =
            mqtt::publish("share", std::span(message).first(message_bytes), false, share_state);
}

}  // namespace

void start(Flash& flash, const Provisioning& provisioning, const Bundle& bundle) {
    coordinated = provisioning.coordinator.size() == coordinator.size();
    if (!coordinated) return;
    std::copy_n(provisioning.coordinator.begin(), coordinator.size(), coordinator.begin());
    cryptography = crypto::update_crypto();
    store.emplace(flash, kSharingOffset, kSharingHalfBytes);
    set_bundle(bundle);
}

void set_bundle(const Bundle& bundle) {
    member.reset();
    message_bytes = 0;
    asked = false;
    if (!coordinated) return;
    const auto stages = bundle.stages();
    const auto sharing = std::find_if(stages.begin(), stages.end(), [](const BundleStage& one) {
        return one.has_learner && one.learner.shares;
    });
    if (sharing == stages.end()) return;
    stage = static_cast<uint32_t>(sharing - stages.begin());
    member.emplace(together::MemberIdentity{bundle.name(), bundle.version(), {}, coordinator},
                   sharing->learner.share, cryptography, load());
}

void connected() {
    asked = false;
    message_sent = false;
}

void take(std::span<const uint8_t> envelope) {
    if (!member) return;
    together::PriorMessage prior;
    auto refusal = member->offer(envelope, prior);
    if (refusal == together::PriorRefusal::none && !reflex::prime_learner(stage, prior.numbers())) {
        member->came_too_late();
        refusal = together::PriorRefusal::too_late;
    }
    if (refusal != together::PriorRefusal::none) {
        board::print("agent: does not begin with a prior: ");
        board::print(to_string(refusal));
        board::print("\n");
        return;
    }
    if (!keep()) board::print("agent: cannot keep which prior it has begun with\n");
    board::print("agent: begins with what ");
    board::print(uint64_t{prior.contributors});
    board::print(" others have learned\n");
}

void poll(uint64_t now_ms) {
    if (!member || now_ms - looked_at_ms < kLookEveryMs) return;
    looked_at_ms = now_ms;
    std::array<int16_t, kMostShared> shared;
    const uint32_t count = reflex::share_learned(stage, shared);
    if (count == 0) return ask(now_ms);
    if (message_bytes == 0 && member->due(static_cast<uint32_t>(crypto::unix_time())))
        make_contribution(std::span(shared).first(count));
    send_contribution();
}

}  // namespace ganglion::firmware::sharing
