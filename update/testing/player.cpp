#include <algorithm>
#include <stdexcept>

#include "update/testing/device.hpp"

namespace ganglion::update::testing {
namespace {

constexpr int kMostStarts = 60;

[[noreturn]] void fail(const std::string& what) {
    throw std::runtime_error(what);
}

void demand(bool kept, const char* what) {
    if (!kept) fail(what);
}

void demand(Status status, const char* what) {
    if (status != Status::ok) fail(std::string(what) + ": " + to_string(status));
}

bool holds(const SimulatedFlash& flash, const Slot& slot, const Bytes& image) {
    return std::equal(image.begin(), image.end(), flash.memory().begin() + slot.image());
}

}  // namespace

const Release* Player::release_of(Component component, std::span<const uint8_t> image) const {
    for (const Release& release : scenario_.releases)
        if (release.package.description.component == component &&
            std::equal(release.image.begin(), release.image.end(), image.begin()))
            return &release;
    return nullptr;
}

bool Player::play() {
    done_ = false;
    for (int i = 0; i < kMostStarts && !done_; ++i) {
        flash_.start_anew();
        start();
        if (dead()) return false;
    }
    demand(done_, "not done after many starts");
    return true;
}

// One life between two starts. False where it ended early; play() sees why.
bool Player::start() {
    if (!boot()) return false;
    Updater updater(flash_, kSmallLayout, lab_.identity(), lab_.crypto());
    const Status mounted = updater.mount();
    if (dead()) return false;
    demand(mounted, "mount");
    return take_bundle(updater) && try_firmware(updater) && serve(updater);
}

bool Player::starts_and_decides() {
    if (!boot()) return false;
    Updater updater(flash_, kSmallLayout, lab_.identity(), lab_.crypto());
    demand(updater.mount(), "mount");
    return take_bundle(updater);
}

bool Player::boot() {
    BootLoader loader(flash_, kSmallLayout, lab_.identity(), lab_.crypto());
    const Status booted = loader.run();
    if (dead()) return false;
    demand(booted, "boot");
    const auto image = std::span(flash_.memory()).subspan(kSmallLayout.firmware_slot().image());
    const bool factory = holds(flash_, kSmallLayout.firmware_slot(), scenario_.firmware);
    const Release* release = release_of(Component::firmware, image);
    demand(factory || release != nullptr, "firmware that nobody made was started");
    return true;
}

bool Player::take_bundle(Updater& updater) {
    for (int tries = 0; tries < 3; ++tries) {
        Updater::BundleChoice choice;
        const Status status = updater.select_bundle(choice);
        if (dead()) return false;
        demand(status, "select a bundle");
        const Slot slot = kSmallLayout.bundle[choice.slot];
        const auto image = std::span(flash_.memory()).subspan(slot.image(), choice.bytes);
        const bool factory = std::ranges::equal(image, scenario_.bundle);
        const Release* release = release_of(Component::bundle, image);
        demand(factory || release != nullptr, "a bundle that nobody made was chosen");
        if (!choice.trial) {
            demand(factory || release->conduct == Conduct::good, "a bad bundle is trusted");
            return true;
        }
        demand(!factory && release->conduct != Conduct::unprovable,
               "a bundle without proof was chosen");
        if (release->conduct == Conduct::silent) return false;
        if (release->conduct == Conduct::good) {
            updater.confirm(Component::bundle);
            return !dead();
        }
        updater.revert(Component::bundle, Ended::unhealthy);
        if (dead()) return false;
    }
    fail("no bundle was chosen in three tries");
}

bool Player::try_firmware(Updater& updater) {
    if (!updater.in_trial(Component::firmware)) {
        const bool factory = holds(flash_, kSmallLayout.firmware_slot(), scenario_.firmware);
        const Release* release =
            release_of(Component::firmware,
                       std::span(flash_.memory()).subspan(kSmallLayout.firmware_slot().image()));
        demand(factory || release->conduct == Conduct::good, "bad firmware is trusted");
        return true;
    }
    const Release* release =
        release_of(Component::firmware,
                   std::span(flash_.memory()).subspan(kSmallLayout.firmware_slot().image()));
    demand(release != nullptr, "the factory's firmware is in trial");
    if (release->conduct == Conduct::silent) return false;
    if (release->conduct == Conduct::good) {
        updater.confirm(Component::firmware);
        return !dead();
    }
    updater.revert(Component::firmware, Ended::unhealthy);
    return false;
}

bool Player::serve(Updater& updater) {
    if (scenario_.key_list) {
        const Status status = updater.take_keys(*scenario_.key_list);
        if (dead()) return false;
        if (status != Status::stale) demand(status, "take a key list");
    }
    for (const Release& release : scenario_.releases) {
        const Manifest& wanted = release.package.description;
        if (updater.state()[wanted.component].floor >= wanted.sequence) {
            demand(updater.offer(release.package.manifest) == Status::stale,
                   "a manifest was taken twice");
            continue;
        }
        return transfer(updater, release);
    }
    check_end(updater);
    return true;
}

bool Player::transfer(Updater& updater, const Release& release) {
    const Status offered = updater.offer(release.package.manifest);
    if (dead()) return false;
    demand(offered, "offer");
    Transfer& transfer = updater.transfer();
    while (!transfer.received()) {
        const uint32_t piece = transfer.next_piece();
        const Status taken = transfer.take(piece, release.package.piece(piece));
        if (dead()) return false;
        demand(taken, "take a piece");
    }
    const Status assembled = updater.assemble();
    if (dead()) return false;
    demand(assembled, "assemble");
    demand(holds(flash_, updater.pending_slot(), release.image), "assembled another image");
    Status status = Status::ok;
    if (release.conduct == Conduct::unprovable)
        status = updater.give_up(Ended::proof_failed);
    else
        status = updater.install();
    if (dead()) return false;
    demand(status, "install");
    return true;
}

void Player::check_end(Updater& updater) {
    const State& state = updater.state();
    for (const ComponentState& component : state.component)
        demand(component.phase == Phase::confirmed, "nothing is left to do, but not confirmed");
    const uint32_t active = state[Component::bundle].active;
    demand(holds(flash_, kSmallLayout.bundle[active], scenario_.final_bundle),
           "ends with the wrong bundle");
    demand(holds(flash_, kSmallLayout.firmware_slot(), scenario_.final_firmware),
           "ends with the wrong firmware");
    demand(state[Component::bundle].ended == scenario_.final_bundle_ended,
           "ends with the wrong reason (bundle)");
    demand(state[Component::firmware].ended == scenario_.final_firmware_ended,
           "ends with the wrong reason (firmware)");
    done_ = true;
}

}  // namespace ganglion::update::testing
