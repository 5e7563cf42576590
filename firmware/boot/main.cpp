#include <array>
#include <cstring>

#include "device/core/crc32.hpp"
#include "device/update/boot_loader.hpp"
#include "firmware/boot/crypto.hpp"
#include "firmware/update_layout.hpp"

// What the board runs first: it lies where the processor starts, decides which firmware runs, and
// starts it. All that it decides is in device/update/boot_loader.hpp.

namespace ganglion::firmware {
namespace {

constexpr uint32_t kConsole = 0x40004000;  // UART 0
constexpr uint32_t kVectorTable = 0xe000ed08;
constexpr uint32_t kReset = 0xe000ed0c, kResetRequest = 0x05fa0004;

volatile uint32_t& reg(uint32_t address) {
    return *reinterpret_cast<volatile uint32_t*>(address);
}

void say(const char* text) {
    reg(kConsole + 0x10) = 16;  // divider
    reg(kConsole + 0x8) = 1;    // send
    for (; *text != 0; ++text) {
        while (reg(kConsole + 0x4) & 1) {
        }
        reg(kConsole) = static_cast<uint8_t>(*text);
    }
}

[[noreturn]] void start_firmware() {
    const auto* vectors = reinterpret_cast<const uint32_t*>(kFirmwareAddress);
    reg(kVectorTable) = kFirmwareAddress;
    asm volatile(
        "dsb \n"
        "isb \n"
        "msr msp, %0 \n"
        "bx %1 \n" ::"r"(vectors[0]),
        "r"(vectors[1])
        : "memory");
    __builtin_unreachable();
}

bool read_identity(const Flash& flash, update::Identity& identity) {
    std::array<uint8_t, sizeof(IdentityPage)> bytes;
    IdentityPage page;
    if (flash.read(kIdentityOffset, bytes) != Status::ok) return false;
    std::memcpy(&page, bytes.data(), sizeof page);
    if (page.magic != IdentityPage::kMagic ||
        page.crc != crc32(std::span(bytes).subspan(offsetof(IdentityPage, vendor))))
        return false;
    identity = {page.vendor, page.hardware_class, {}, page.root};
    return true;
}

[[noreturn]] void run() {
    MappedFlash flash({reinterpret_cast<uint8_t*>(kImageAddress), kUpdateFlashBytes});
    update::Identity identity{};
    const update::Crypto crypto = boot_crypto();
    if (!read_identity(flash, identity)) {
        say("boot: no identity\n");
    } else {
        update::BootLoader loader(flash, kUpdateLayout, identity, crypto);
        const Status status = loader.run();
        if (status == Status::ok) start_firmware();
        say("boot: no firmware that may run\n");
    }
    // Perhaps the flash works at the next start.
    for (volatile uint32_t i = 0; i < 25'000'000;) i = i + 1;
    reg(kReset) = kResetRequest;
    while (true) asm volatile("wfi");
}

}  // namespace
}  // namespace ganglion::firmware

extern "C" [[noreturn]] void boot_main();
extern "C" void boot_main() {
    ganglion::firmware::run();
}
