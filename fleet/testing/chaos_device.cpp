#include "fleet/testing/chaos_device.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "device/event/messages.hpp"
#include "device/outbox/boot_counter.hpp"
#include "device/outbox/outbox.hpp"
#include "fleet/ingest/mqtt_client.hpp"

namespace ganglion::fleet::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using Name = std::pair<uint32_t, uint32_t>;  // boot, sequence

constexpr uint32_t kCounterBlocks = 2;
constexpr uint32_t kOutboxBlocks = 32;
constexpr size_t kFlashBytes = size_t{kCounterBlocks + kOutboxBlocks} * Flash::kBlockBytes;
constexpr auto kTick = milliseconds(4);
constexpr auto kResendAfter = milliseconds(300);
constexpr auto kDrainLimit = std::chrono::seconds(180);
constexpr uint32_t kDamageTries = 300;

volatile std::sig_atomic_t draining = 0;

/// A file that stands for the flash: what was stored into it outlives a SIGKILL.
std::span<uint8_t> map_flash(const std::filesystem::path& file) {
    const bool fresh = !std::filesystem::exists(file);
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0 || ::ftruncate(descriptor, static_cast<off_t>(kFlashBytes)) != 0)
        throw std::runtime_error("no flash at " + file.string());
    void* memory = ::mmap(nullptr, kFlashBytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    ::close(descriptor);
    if (memory == MAP_FAILED) throw std::runtime_error("cannot map the flash");
    const std::span flash(static_cast<uint8_t*>(memory), kFlashBytes);
    if (fresh) std::ranges::fill(flash, uint8_t{0xff});
    return flash;
}

struct Guard final : OutboxGuard {};

std::set<Name> pending_of(Flash& flash) {
    Guard guard;
    Outbox outbox(flash, kCounterBlocks * Flash::kBlockBytes, kOutboxBlocks, guard);
    if (outbox.mount() != Status::ok) throw std::runtime_error("the outbox does not mount");
    std::vector<Event> events(outbox.pending());
    events.resize(outbox.oldest(events));
    std::set<Name> names;
    for (const Event& event : events) names.emplace(event.boot, event.sequence);
    return names;
}

/// Flips a bit in a slot such that one event is gone that others of its boot come behind.
std::optional<Name> damage_one(std::span<uint8_t> memory, std::mt19937_64& random) {
    MappedFlash flash(memory);
    const std::set<Name> before = pending_of(flash);
    if (before.size() < 4) return std::nullopt;
    const size_t begin = kCounterBlocks * Flash::kBlockBytes;
    const size_t slots = (memory.size() - begin) / Outbox::kSlotBytes;
    for (uint32_t tries = 0; tries < kDamageTries; ++tries) {
        uint8_t& byte = memory[begin + random() % slots * Outbox::kSlotBytes + 12];
        byte ^= 4;
        const std::set<Name> after = pending_of(flash);
        std::vector<Name> gone;
        std::ranges::set_difference(before, after, std::back_inserter(gone));
        if (gone.size() == 1) {
            const auto next = after.upper_bound(gone.front());
            if (next != after.end() && next->first == gone.front().first) return gone.front();
        }
        byte ^= 4;
    }
    return std::nullopt;
}

/// The device's life; what it promises and is promised is in a journal, a line each:
///   A boot sequence   in flash        K boot sequence   acknowledged up to there
///   L boot sequence   damaged
class ChaosDevice {
  public:
    ChaosDevice(const ChaosDeviceConfig& config, std::span<uint8_t> memory)
        : config_(config),
          random_(config.seed),
          flash_(memory),
          journal_(::open(config.journal.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)),
          outbox_(flash_, kCounterBlocks * Flash::kBlockBytes, kOutboxBlocks, guard_) {
        if (config.damage) {
            if (const auto lost = damage_one(memory, random_)) note('L', lost->first, lost->second);
        }
        BootCounter counter(flash_, 0);
        if (outbox_.mount() != Status::ok ||
            counter.next(outbox_.highest_boot(), boot_) != Status::ok)
            throw std::runtime_error("the flash does not mount");
    }

    int run() {
        MqttConfig mqtt;
        mqtt.port = config_.port;
        mqtt.id = config_.id;
        mqtt.ca_file = config_.pki / "ca.pem";
        mqtt.certificate_file = config_.pki / ("devices/" + config_.id + ".pem");
        mqtt.key_file = config_.pki / ("devices/" + config_.id + ".key");
        const std::string topic = "ganglion/1/" + config_.id + "/";
        MqttClient client(mqtt,
                          {[&] { client.subscribe(topic + "ack"); }, [](const std::string&) {},
                           [this](std::string_view, std::span<const uint8_t> payload, bool) {
                               on_ack(payload);
                           }});
        steady_clock::time_point drain_end{};
        for (;;) {
            std::this_thread::sleep_for(kTick);
            if (draining == 0) {
                if (random_() % 3 == 0) append();
            } else {
                const std::lock_guard lock(mutex_);
                if (outbox_.pending() == 0) return 0;
                if (drain_end == steady_clock::time_point{})
                    drain_end = steady_clock::now() + kDrainLimit;
                if (steady_clock::now() > drain_end) return 3;
            }
            if (client.is_connected()) send(client, topic + "event");
        }
    }

  private:
    void note(char kind, uint32_t boot, uint32_t sequence) const {
        const std::string line = std::string(1, kind) + " " + std::to_string(boot) + " " +
                                 std::to_string(sequence) + "\n";
        if (::write(journal_, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
            throw std::runtime_error("no journal");
    }

    uint64_t clock() const {
        return static_cast<uint64_t>(
            std::chrono::duration_cast<milliseconds>(steady_clock::now() - start_).count());
    }

    void append() {
        const std::lock_guard lock(mutex_);
        Event event;
        event.boot = boot_;
        event.sequence = sequence_ + 1;
        event.clock_ms = clock();
        event.label = EventLabel("chaos");
        event.score_permille = static_cast<uint16_t>(event.sequence % 1000);
        if (outbox_.append(event) != Status::ok) return;
        ++sequence_;
        note('A', event.boot, event.sequence);
    }

    /// One batch under way, as the agent does; and what a network may do to it.
    void send(MqttClient& client, const std::string& topic) {
        std::vector<uint8_t> payload(kMaxBatchBytes);
        {
            const std::lock_guard lock(mutex_);
            if (awaiting_ && steady_clock::now() - sent_ < kResendAfter) return;
            EventBatch batch;
            const size_t count = outbox_.oldest(batch.events);
            if (count == 0) return;
            while (batch.count < count && batch.events[batch.count].boot == batch.events[0].boot)
                ++batch.count;
            batch.boot = boot_;
            batch.clock_ms = clock();
            batch.from_oldest = true;
            payload.resize(encode(batch, payload));
            awaiting_ = true;
            sent_ = steady_clock::now();
        }
        client.publish(topic, payload);
        if (random_() % 5 == 0) client.publish(topic, payload);
        if (!earlier_.empty() && random_() % 5 == 0) client.publish(topic, earlier_);
        if (random_() % 3 == 0) earlier_ = payload;
    }

    void on_ack(std::span<const uint8_t> payload) {
        Ack ack;
        if (!decode_ack(payload, ack)) return;
        const std::lock_guard lock(mutex_);
        note('K', ack.boot, ack.through);
        if (outbox_.acknowledge(ack.boot, ack.through) > 0) awaiting_ = false;
    }

    ChaosDeviceConfig config_;
    std::mt19937_64 random_;
    MappedFlash flash_;
    int journal_;
    Guard guard_;
    Outbox outbox_;
    std::mutex mutex_;
    uint32_t boot_ = 0, sequence_ = 0;
    bool awaiting_ = false;
    steady_clock::time_point sent_{}, start_ = steady_clock::now();
    std::vector<uint8_t> earlier_;
};

}  // namespace

int run_chaos_device(const ChaosDeviceConfig& config) {
    std::signal(SIGTERM, [](int) { draining = 1; });
    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    pthread_sigmask(SIG_UNBLOCK, &ending, nullptr);
    return ChaosDevice(config, map_flash(config.flash)).run();
}

}  // namespace ganglion::fleet::testing
