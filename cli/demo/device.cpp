#include "cli/demo/device.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <span>
#include <stdexcept>

#include "cli/demo/microphone.hpp"
#include "cli/files.hpp"

namespace ganglion::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kSlowHz = 100;
constexpr double kSlowSamplesPerSecond = 500;

bool wait_until(double seconds, const std::function<bool()>& condition) {
    const auto end = Clock::now() + std::chrono::duration<double>(seconds);
    while (!condition()) {
        if (Clock::now() > end) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return true;
}

}  // namespace

DemoDevice::DemoDevice(std::string id, BuiltApplication application, Input input)
    : id_(std::move(id)), application_(std::move(application)), input_(std::move(input)) {}

DemoDevice::~DemoDevice() {
    stop_ = true;
    if (board_) board_->kill();  // unblocks a feeder that waits for room
    if (feeder_.joinable()) feeder_.join();
}

uint32_t DemoDevice::speed() const {
    // A slow sensor's sample each two milliseconds: hours in a moment.
    const double faster = kSlowSamplesPerSecond / input_.rate_hz;
    return input_.rate_hz < kSlowHz ? static_cast<uint32_t>(faster) : 1;
}

double DemoDevice::input_seconds() const {
    return input_.seconds() / speed();
}

void DemoDevice::fail(const std::string& what) const {
    throw std::runtime_error(id_ + ": " + what + ": its console is in " +
                             board_->console_file().string());
}

void DemoDevice::boot(const DemoOptions& options, const std::filesystem::path& state,
                      fleet::Pki& pki, uint16_t broker_port, const std::string& bundle_key,
                      std::optional<firmware::BoardFactory> factory) {
    const auto folder = state / "devices" / id_;
    const auto bundle = folder / (application_.project.application.name + ".bundle");
    write_file(bundle, application_.bundle);
    const auto identity = pki.issue_device(id_);
    board_ = std::make_unique<firmware::EmulatedBoard>(firmware::BoardConfig{
        .firmware = source_root() / "build" / "cortex-m4" / "firmware" / "firmware.elf",
        .image = folder / "flash.img",
        .work_dir = folder,
        .identity = {.device_id = id_,
                     .broker_port = broker_port,
                     .broker_name = "ganglion-broker",
                     .authority = pki.ca_pem(),
                     .certificate = identity.cert_pem,
                     .private_key = identity.key_pem,
                     .bundle_key = bundle_key},
        .bundle = factory ? std::filesystem::path() : bundle,
        .factory = std::move(factory),
        .pace = options.fast ? firmware::Pace::fast : firmware::Pace::real_time,
        .speed = speed(),
    });
    board_->start();
}

void DemoDevice::wait_connected(double seconds) {
    if (!wait_until(seconds, [&] { return !board_->running() || board_->state().connected != 0; }))
        fail("did not connect to the broker in time");
    if (!board_->running()) fail("the emulator ended");
}

void DemoDevice::stream(bool microphone) {
    feeder_ = std::thread([this, microphone] {
        const auto take = [this](std::span<const int16_t> samples) {
            if (!board_->feed(samples)) stop_ = true;
            streamed_ += samples.size();
        };
        try {
            if (microphone) {
                record_microphone(static_cast<uint32_t>(input_.rate_hz), stop_, take);
            } else {
                const size_t block =
                    std::max<size_t>(static_cast<size_t>(input_.rate_hz / 100), 1) *
                    input_.channels;
                std::span<const int16_t> rest = input_.samples;
                while (!rest.empty() && !stop_) {
                    const size_t count = std::min(block, rest.size());
                    take(rest.first(count));
                    rest = rest.subspan(count);
                }
            }
        } catch (const std::exception& error) {
            feed_error_ = error.what();
        }
        board_->end_of_samples();
    });
}

void DemoDevice::stop_streaming() {
    stop_ = true;
    if (feeder_.joinable()) feeder_.join();
}

void DemoDevice::wait_settled(double seconds) {
    if (feeder_.joinable()) feeder_.join();
    if (!feed_error_.empty()) throw std::runtime_error(feed_error_);
    const auto limit = std::chrono::milliseconds(static_cast<int64_t>(seconds * 1000));
    if (!board_->wait_finished(limit)) fail("did not work off its samples in time");
    if (!wait_until(seconds, [&] { return !board_->running() || board_->state().outbox == 0; }))
        fail("still holds events that the fleet's store has not acknowledged");
    if (!board_->running()) fail("the emulator ended");
}

}  // namespace ganglion::cli
