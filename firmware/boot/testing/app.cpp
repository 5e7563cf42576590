#include <string_view>

#include "device/update/state.hpp"
#include "firmware/boards/cortex_m/startup.hpp"
#include "firmware/update_layout.hpp"

// Firmware for the boot loader's test: says who it is, and in a trial confirms itself, unless it is
// the silent one, which starts the board anew without.

namespace ganglion::firmware {
namespace {

static_assert(kFirmwareAddress == 0x21481000, "as in slot.ld");

volatile uint32_t& reg(uint32_t address) {
    return *reinterpret_cast<volatile uint32_t*>(address);
}

void say(std::string_view text) {
    constexpr uint32_t console = 0x40004000;
    reg(console + 0x10) = 16;
    reg(console + 0x8) = 1;
    for (const char c : text) {
        while (reg(console + 0x4) & 1) {
        }
        reg(console) = static_cast<uint8_t>(c);
    }
}

int run() {
    say("app " APP_NAME "\n");
    MappedFlash flash({reinterpret_cast<uint8_t*>(kImageAddress), kUpdateFlashBytes});
    update::StateStore store(flash, kUpdateLayout);
    update::State state;
    if (store.mount(state) != Status::ok) return 1;
    update::ComponentState& firmware = state[update::Component::firmware];
    if (firmware.phase != update::Phase::trial) {
        say("runs\n");
        return 0;
    }
    if (std::string_view(APP_NAME) != "silent") {
        firmware.phase = update::Phase::confirmed;
        firmware.confirmed = firmware.floor;
        if (store.commit(state) != Status::ok) return 2;
        say("confirmed\n");
        return 0;
    }
    reg(0xe000ed0c) = 0x05fa0004;
    while (true) {
    }
}

}  // namespace
}  // namespace ganglion::firmware

int main() {
    return ganglion::firmware::run();
}
