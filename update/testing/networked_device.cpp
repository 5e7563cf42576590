#include "update/testing/networked_device.hpp"

#include <stdexcept>

namespace ganglion::update::testing {

bool NetworkedDevice::power_on() {
    power_off();
    flash_.start_anew();
    BootLoader loader(flash_, layout_, lab_.identity(), crypto_);
    const Status booted = loader.run();
    if (flash_.dead()) return false;
    if (booted != Status::ok) throw std::runtime_error("no firmware that may run");
    auto updater = std::make_unique<Updater>(flash_, layout_, lab_.identity(), crypto_);
    Updater::BundleChoice choice;
    const bool mounted = updater->mount() == Status::ok;
    const Status chosen = updater->select_bundle(choice);
    if (flash_.dead()) return false;
    if (!mounted || chosen != Status::ok) throw std::runtime_error("no bundle that may run");
    ++boots_;
    updater_ = std::move(updater);
    use_bundle(layout_.bundle[choice.slot].image(), choice.bytes);
    agent_ = std::make_unique<UpdateAgent>(*updater_, *this, boots_);
    return true;
}

void NetworkedDevice::power_off() {
    agent_.reset();
    updater_.reset();
    restart_ = false;
}

void NetworkedDevice::message(std::string_view leaf, std::span<const uint8_t> payload) {
    agent_->answered();
    agent_->message(leaf, payload);
}

bool NetworkedDevice::poll(uint64_t now_ms, bool connected) {
    conduct_.infer(running_, counts_);
    agent_->poll(now_ms, connected);
    if (flash_.dead()) return false;
    return !restart_ || power_on();
}

bool NetworkedDevice::send(std::string_view leaf, std::span<const uint8_t> payload) {
    return send_(leaf, payload);
}

Status NetworkedDevice::prove(uint32_t offset, uint32_t bytes) {
    return conduct_.proves(std::span(flash_.memory()).subspan(offset, bytes))
               ? Status::ok
               : Status::proof_failed;
}

bool NetworkedDevice::use_bundle(uint32_t offset, uint32_t bytes) {
    running_ = std::span<const uint8_t>(flash_.memory()).subspan(offset, bytes);
    counts_ = {};
    return true;
}

}  // namespace ganglion::update::testing
