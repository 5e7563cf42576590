#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <mutex>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "compile/bundle_share.hpp"
#include "compile/bundle_signature.hpp"
#include "compile/bundle_writer.hpp"
#include "device/event/messages.hpp"
#include "device/pipeline/pipeline.hpp"
#include "device/together/member.hpp"
#include "device/update/envelope.hpp"
#include "fleet/ingest/mqtt_client.hpp"
#include "fleet/server/server.hpp"
#include "fleet/testing/device_mqtt.hpp"
#include "fleet/together/prior.hpp"
#include "paths.hpp"
#include "update/host_crypto.hpp"

// Motors that learn together: each the real pipeline of apps/machine, a certificate and a TLS
// connection of its own; the vibration is made up.

namespace ganglion::fleet::testing {

namespace device = together::device;

inline constexpr uint32_t kNow = 1'800'000'000;
inline constexpr size_t kHop = 256, kWindow = 512;

inline size_t samples_of(size_t frames) {
    return kWindow + kHop * frames;
}

/// Noise of a machine of its own loudness, which wanders; a fault rings on top of it.
inline std::vector<int16_t> vibration(uint64_t machine, uint64_t part, size_t count, double fault) {
    std::mt19937_64 engine(machine * 1000 + part);
    std::normal_distribution<double> noise;
    std::vector<int16_t> samples;
    double load = 0;
    for (size_t i = 0; i < count; ++i) {
        if (i % kHop == 0) load = 0.95 * load + 0.02 * noise(engine);
        const double knock = i % 80 < 8 ? fault * noise(engine) : 0;
        const double value = (200 + 20 * double(machine % 7)) * std::exp(load) * noise(engine);
        samples.push_back(static_cast<int16_t>(std::clamp(value + knock, -32'000.0, 32'000.0)));
    }
    return samples;
}

/// The bundle of apps/machine, signed with a key that lives only here.
class MachineBundle {
  public:
    MachineBundle()
        : project_(project::read(GANGLION_SOURCE_DIR "/apps/machine/ganglion.toml")),
          terms_(*compile::share_terms(project_)) {
        const std::string key = compile::generate_signing_key();
        const auto proof = vibration(99, 0, samples_of(32), 0);
        const auto bytes = compile::write_bundle(
            {.project = project_, .program = {}, .proof_samples = proof, .gate_programs = {}}, key);
        storage_.resize(bytes.size() / 16 + 1);
        std::memcpy(storage_.data(), bytes.data(), bytes.size());
        compile::BundleVerifier verifier(compile::public_key_of(key));
        const std::span<const uint8_t> whole(reinterpret_cast<const uint8_t*>(storage_.data()),
                                             bytes.size());
        EXPECT_EQ(bundle_.load(whole, verifier.callbacks()), Status::ok);
    }
    const Bundle& bundle() const { return bundle_; }
    const device::ShareTerms& terms() const { return terms_; }

  private:
    struct alignas(16) Piece {
        uint8_t bytes[16];
    };
    project::Project project_;
    device::ShareTerms terms_;
    std::vector<Piece> storage_;
    Bundle bundle_;
};

inline const MachineBundle& machine_bundle() {
    static const MachineBundle bundle;
    return bundle;
}

/// What senses and decides in a motor.
class Brain {
  public:
    Brain() : ram_(Pipeline::ram_bytes(machine_bundle().bundle()) / 16 + 1) {
        EXPECT_EQ(pipeline_.start(machine_bundle().bundle(),
                                  {reinterpret_cast<int8_t*>(ram_.data()), ram_.size() * 16}),
                  Status::ok);
    }
    /// Whether anything fired.
    bool sense(std::span<const int16_t> samples) {
        bool fired = false;
        pipeline_.feed(samples, [&](const Decision& decision) { fired |= decision.fired; });
        return fired;
    }
    std::vector<int16_t> shared() const {
        std::vector<int16_t> shared(kMostShared);
        shared.resize(pipeline_.share(0, shared));
        return shared;
    }
    Pipeline& pipeline() { return pipeline_; }

  private:
    struct alignas(16) Piece {
        int8_t bytes[16];
    };
    std::vector<Piece> ram_;
    Pipeline pipeline_;
};

/// A motor's connection: contributes, asks, and takes what it can check.
class Motor {
  public:
    Motor(Server& server, const std::string& id, const std::string& coordinator)
        : id_(id),
          member_({"machine", "2.0.0", {}, update::public_point_of(coordinator)},
                  machine_bundle().terms(), crypto_, {}),
          client_(device_mqtt(server.pki(), id, server.mqtt_port()),
                  {[this] { client_.subscribe("ganglion/1/" + id_ + "/prior"); },
                   [](const std::string&) {},
                   [this](std::string_view, std::span<const uint8_t> bytes, bool) {
                       const std::lock_guard lock(mutex_);
                       last_.assign(bytes.begin(), bytes.end());
                   }}) {}

    bool connected() const { return client_.is_connected(); }
    std::vector<uint8_t> contribution(std::span<const int16_t> learned, uint32_t now_s = kNow) {
        const auto made = member_.contribute(learned, now_s, random_);
        if (!made) return {};
        std::vector<uint8_t> bytes(device::kMaxContributionBytes);
        bytes.resize(encode(*made, bytes));
        return bytes;
    }
    void say(const std::string& leaf, std::span<const uint8_t> payload) {
        client_.publish("ganglion/1/" + id_ + "/" + leaf, payload);
    }
    void ask() {
        std::array<uint8_t, device::kMaxPriorRequestBytes> bytes;
        say("begin", std::span(bytes).first(encode(member_.request(), bytes)));
    }
    /// What it sensed, and that no sample left it.
    void report(uint64_t sensed, uint64_t sent) {
        ReportMessage report;
        report.boot = 1;
        report.bytes_sensed = sensed;
        report.bytes_sent = sent;
        std::array<uint8_t, 128> bytes;
        say("report", std::span(bytes).first(encode(report, bytes)));
    }
    std::vector<uint8_t> heard() const {
        const std::lock_guard lock(mutex_);
        return last_;
    }
    /// Begins with what it heard.
    device::PriorRefusal begin(Brain& brain) {
        device::PriorMessage prior;
        auto refusal = member_.offer(heard(), prior);
        if (refusal != device::PriorRefusal::none) return refusal;
        if (brain.pipeline().prime(0, prior.numbers())) return refusal;
        member_.came_too_late();
        return device::PriorRefusal::too_late;
    }
    const std::string& id() const { return id_; }

  private:
    std::string id_;
    update::HostCrypto host_;
    update::Crypto crypto_ = host_.callbacks();
    device::Member member_;
    std::mt19937_64 engine_{std::hash<std::string>()(id_)};
    device::RandomWords random_{
        [](void* engine) { return (*static_cast<std::mt19937_64*>(engine))(); }, &engine_};
    mutable std::mutex mutex_;
    std::vector<uint8_t> last_;
    MqttClient client_;
};

}  // namespace ganglion::fleet::testing
