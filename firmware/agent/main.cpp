#include <array>
#include <cstring>

#include "device/bundle/bundle.hpp"
#include "device/flash/flash.hpp"
#include "device/outbox/boot_counter.hpp"
#include "device/outbox/outbox.hpp"
#include "firmware/agent/learned.hpp"
#include "firmware/agent/reflex.hpp"
#include "firmware/agent/sample_port.hpp"
#include "firmware/agent/sampler.hpp"
#include "firmware/agent/sharing.hpp"
#include "firmware/agent/updates.hpp"
#include "firmware/agent/uplink.hpp"
#include "firmware/boards/cortex_m/startup.hpp"
#include "firmware/boards/mps2_an386/board.hpp"
#include "firmware/layout.hpp"
#include "firmware/network/crypto.hpp"
#include "firmware/network/mqtt_session.hpp"
#include "firmware/network/network.hpp"
#include "firmware/provisioning.hpp"
#include "firmware/update_layout.hpp"
#include "firmware/version.hpp"

namespace ganglion::firmware {
namespace {

struct ReflexGuard final : OutboxGuard {
    void lock() override {
        asm volatile("mrs %0, basepri" : "=r"(before_));
        asm volatile("msr basepri_max, %0" ::"r"(static_cast<uint32_t>(board::kReflexPriority))
                     : "memory");
    }
    void unlock() override { asm volatile("msr basepri, %0" ::"r"(before_) : "memory"); }

  private:
    uint32_t before_ = 0;
};

Provisioning provisioning;
std::array<char, 48> fault;
size_t fault_bytes = 0;

void say(std::string_view what, std::string_view more = {}) {
    board::print("agent: ");
    board::print(what);
    board::print(more);
    board::print("\n");
}

void set_fault(std::string_view what, Status status) {
    for (std::string_view part :
         {what, std::string_view(": "), std::string_view(to_string(status))})
        for (char c : part)
            if (fault_bytes < fault.size()) fault[fault_bytes++] = c;
    say("not deciding: ", {fault.data(), fault_bytes});
}

Event started_event(uint32_t boot) {
    Event event;
    event.boot = boot;
    event.sequence = 1;
    event.clock_ms = board::milliseconds();
    event.kind = EventKind::started;
    event.label = EventLabel("started");
    return event;
}

void show(const Outbox& outbox) {
    volatile SamplePort& port = sample_port();
    port.connected = mqtt::is_connected();
    port.inferences = static_cast<uint32_t>(reflex::inferences());
    port.outbox = outbox.pending();
    port.events_lost = outbox.lost();
    port.last_sequence = reflex::last_sequence();
    port.handshakes = mqtt::handshakes();
    port.in_handshake = mqtt::in_handshake();
    port.instructions = reflex::instructions();
    const uint64_t work = reflex::work_instructions();
    port.work_low = static_cast<uint32_t>(work);
    port.work_high = static_cast<uint32_t>(work >> 32U);
    port.finished = sampler::finished();
    port.device_ms = static_cast<uint32_t>(board::milliseconds());
    port.tls_heap_peak = network::heap_peak();
    // Looking through the stack takes ten thousand instructions.
    static uint32_t next_look = 0;
    if (port.device_ms < next_look) return;
    next_look = port.device_ms + 1000;
    port.stack_free = main_stack_free();
}

/// A board without an identity has nobody to speak with; it waits to be provisioned.
[[noreturn]] void wait_for_ever() {
    sample_port().state = static_cast<uint32_t>(AgentState::not_deciding);
    while (true) board::sleep();
}

[[noreturn]] void run() {
    board::start();
    volatile SamplePort& port = sample_port();
    port.state = static_cast<uint32_t>(AgentState::starting);
    say("version ", kVersion);

    static MappedFlash flash(board::image().first(kUpdateFlashBytes));
    ReflexGuard guard;
    static Outbox outbox(flash, kOutboxOffset, kOutboxBlocks, guard);
    uint32_t boot = 0;
    Status status = outbox.mount();
    if (status == Status::ok)
        status = BootCounter(flash, kBootCounterOffset).next(outbox.highest_boot(), boot);
    if (status != Status::ok) {
        say("flash does not work: ", to_string(status));
        wait_for_ever();
    }
    port.boot = boot;

    status = read_provisioning(board::image().subspan(kProvisioningOffset, kProvisioningBytes),
                               provisioning);
    if (status != Status::ok) {
        say("not provisioned: ", to_string(status));
        wait_for_ever();
    }
    say("device ", provisioning.device_id);
    crypto::start(provisioning.unix_time, provisioning.seed, boot);
    if (!network::start(provisioning.device_id)) say("no Ethernet controller");

    status = updates::start(flash, provisioning, boot);
    if (status != Status::ok) say("updates do not work: ", to_string(status));
    const Bundle* bundle = updates::take_bundle(status);
    const bool deciding = bundle != nullptr;
    if (!deciding) set_fault("bundle", status);
    const bool started = outbox.append(started_event(boot)) == Status::ok;
    if (deciding) learned::start(flash, *bundle);
    if (deciding) sharing::start(flash, provisioning, *bundle);
    if (deciding) reflex::run(*bundle, outbox, boot, started ? 2 : 1);
    port.state = static_cast<uint32_t>(deciding ? AgentState::deciding : AgentState::not_deciding);
    if (!uplink::start(provisioning, outbox, boot, bundle, {fault.data(), fault_bytes})) {
        say("certificate or key not usable; staying offline");
        while (true) {
            show(outbox);
            board::sleep();
        }
    }
    while (true) {
        network::poll();
        uplink::poll();
        if (deciding) learned::poll(board::milliseconds());
        updates::poll(board::milliseconds(), mqtt::is_connected());
        show(outbox);
        // Asleep, an emulator that does not wait for real time jumps to the next interrupt, far
        // ahead of the network.
        if (port.pace == 0) board::sleep();
    }
}

}  // namespace

void on_fault() {
    say("the processor faulted; starting anew");
    board::reset();
}

}  // namespace ganglion::firmware

int main() {
    ganglion::firmware::run();
}
