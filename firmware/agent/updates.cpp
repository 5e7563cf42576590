#include "firmware/agent/updates.hpp"

#include <array>
#include <cstring>
#include <memory>
#include <optional>

#include "device/core/crc32.hpp"
#include "device/pipeline/pipeline.hpp"
#include "device/update/agent.hpp"
#include "firmware/agent/learned.hpp"
#include "firmware/agent/reflex.hpp"
#include "firmware/agent/sharing.hpp"
#include "firmware/agent/uplink.hpp"
#include "firmware/boards/mps2_an386/board.hpp"
#include "firmware/network/crypto.hpp"
#include "firmware/network/mqtt_session.hpp"
#include "firmware/update_layout.hpp"

namespace ganglion::firmware::updates {
namespace {

std::string_view bundle_key;
/// One decides, the other may be loaded meanwhile.
std::array<Bundle, 2> bundles;
Bundle* active = nullptr;
Bundle* loaded = nullptr;  // proved, not active
uint32_t loaded_offset = 0;

Bundle& idle_bundle() {
    return bundles[active == &bundles[0] ? 1 : 0];
}

std::span<const uint8_t> flash_bytes(uint32_t offset, uint32_t bytes) {
    return board::image().subspan(offset, bytes);
}

Status load(uint32_t offset, uint32_t bytes) {
    loaded = nullptr;
    Bundle& bundle = idle_bundle();
    const SignatureVerifier verifier = crypto::bundle_verifier(bundle_key);
    const Status status = bundle.load(flash_bytes(offset, bytes), verifier);
    if (status != Status::ok) return status;
    // Within the RAM that it states, too.
    return Pipeline::ram_bytes(bundle) <= bundle.meta().ram_bytes ? Status::ok : Status::too_large;
}

void say_proved(const Bundle& bundle) {
    board::print("agent: bundle ");
    board::print(bundle.name());
    board::print(" ");
    board::print(bundle.version());
    board::print(" proved after ");
    board::print(board::milliseconds());
    board::print(" ms\n");
}

class Port final : public update::AgentPort {
  public:
    bool send(std::string_view leaf, std::span<const uint8_t> payload) override {
        mqtt::Published& state = leaf == "want" ? want_state_ : status_state_;
        // The newest status is kept by the broker for a fleet server that is away now.
        return mqtt::publish(leaf, payload, leaf == "update", state);
    }

    Status prove(uint32_t offset, uint32_t bytes) override {
        Status status = load(offset, bytes);
        if (status == Status::ok) status = reflex::prove_beside(idle_bundle());
        if (status != Status::ok) return status;
        loaded = &idle_bundle();
        loaded_offset = offset;
        say_proved(*loaded);
        return Status::ok;
    }

    bool use_bundle(uint32_t offset, uint32_t bytes) override {
        if ((loaded == nullptr || loaded_offset != offset) && prove(offset, bytes) != Status::ok)
            return false;
        // What senses in another way begins at the next start.
        if (active == nullptr || !reflex::take_over(*loaded)) {
            restart();
            return true;
        }
        active = loaded;
        loaded = nullptr;
        uplink::set_bundle(*active);
        learned::set_bundle(*active);
        sharing::set_bundle(*active);
        board::print("agent: decides with ");
        board::print(active->version());
        board::print("\n");
        return true;
    }

    void restart() override {
        board::print("agent: starting anew for an update\n");
        board::reset();
    }

    std::string_view deferral() override {
        return reflex::has_stopped() ? "the machine is stopped" : "";
    }

    update::ScoreCounts scores() override { return reflex::scores(); }

  private:
    mqtt::Published status_state_ = mqtt::Published::delivered;
    mqtt::Published want_state_ = mqtt::Published::delivered;
};

update::Identity identity;
update::Crypto cryptography;
Port port;
std::optional<update::Updater> updater;
std::optional<update::UpdateAgent> agent;

bool read_identity(const Flash& flash, std::string_view device) {
    std::array<uint8_t, sizeof(IdentityPage)> bytes;
    IdentityPage page;
    if (flash.read(kIdentityOffset, bytes) != Status::ok) return false;
    std::memcpy(&page, bytes.data(), sizeof page);
    if (page.magic != IdentityPage::kMagic ||
        page.crc != crc32(std::span(bytes).subspan(offsetof(IdentityPage, vendor))))
        return false;
    identity = {page.vendor, page.hardware_class, device, page.root};
    return true;
}

const Bundle* use(uint32_t offset, uint32_t bytes, Status& why) {
    why = load(offset, bytes);
    if (why == Status::ok) why = reflex::prepare(idle_bundle());
    if (why != Status::ok) return nullptr;
    active = &idle_bundle();
    say_proved(*active);
    return active;
}

// Without an identity: the bundle that slot A begins with.
const Bundle* take_only_bundle(Status& why) {
    const std::span<const uint8_t> slot = flash_bytes(kBundleSlotOffset[0], kBundleSlotBytes);
    const uint32_t bytes = Bundle::stored_bytes(slot.first(32));
    why = bytes == 0 ? Status::not_found : Status::too_large;
    if (bytes == 0 || bytes > slot.size()) return nullptr;
    return use(kBundleSlotOffset[0], bytes, why);
}

}  // namespace

Status start(Flash& flash, Provisioning& provisioning, uint32_t boot) {
    bundle_key = provisioning.bundle_key;
    if (!read_identity(flash, provisioning.device_id)) return Status::ok;
    cryptography = crypto::update_crypto();
    updater.emplace(flash, kUpdateLayout, identity, cryptography);
    agent.emplace(*updater, port, boot);
    return updater->mount();
}

const Bundle* take_bundle(Status& why) {
    if (!updater) return take_only_bundle(why);
    for (uint32_t attempt = 0; attempt < 2; ++attempt) {
        update::Updater::BundleChoice choice;
        why = updater->select_bundle(choice);
        if (why != Status::ok) return nullptr;
        const uint32_t offset = updater->bundle_slot(choice.slot).image();
        if (const Bundle* bundle = use(offset, choice.bytes, why)) return bundle;
        if (!choice.trial) return nullptr;
        const Status undone =
            updater->revert(update::Component::bundle, update::Ended::proof_failed);
        if (undone != Status::ok) return nullptr;
    }
    return nullptr;
}

void connected() {
    if (agent) agent->connected();
}

void message(std::string_view leaf, std::span<const uint8_t> payload) {
    if (!agent) return;
    agent->answered();
    agent->message(leaf, payload);
}

void poll(uint64_t now_ms, bool connected) {
    if (agent) agent->poll(now_ms, connected);
}

}  // namespace ganglion::firmware::updates
