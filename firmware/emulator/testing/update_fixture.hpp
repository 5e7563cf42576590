#pragma once

#include <mosquitto.h>

#include <mutex>
#include <string>
#include <vector>

#include "device/update/messages.hpp"
#include "firmware/emulator/testing/agent_fixture.hpp"
#include "update/host_crypto.hpp"
#include "update/package.hpp"

namespace ganglion::firmware {

using Bytes = std::vector<uint8_t>;
using update::Component;
using update::Ended;
using update::Package;
using update::Phase;

/// The fleet's side of updates for one device: offers one package and sends what is asked for.
class UpdateFleet {
  public:
    UpdateFleet(const Authority& authority, uint16_t port, std::string device)
        : root_("ganglion/1/" + std::move(device) + "/") {
        mosquitto_lib_init();
        client_ = mosquitto_new("updates", true, this);
        mosquitto_tls_set(client_, authority.file("ca.pem").c_str(), nullptr,
                          authority.file("server.pem").c_str(),
                          authority.file("server.key").c_str(), nullptr);
        mosquitto_connect_callback_set(client_, [](mosquitto* client, void* self, int) {
            for (const char* leaf : {"update", "want"}) {
                const std::string topic = static_cast<UpdateFleet*>(self)->root_ + leaf;
                mosquitto_subscribe(client, nullptr, topic.c_str(), 1);
            }
        });
        mosquitto_message_callback_set(client_, [](mosquitto*, void* self,
                                                   const mosquitto_message* message) {
            const std::string topic = message->topic;
            static_cast<UpdateFleet*>(self)->take(topic.substr(topic.rfind('/') + 1),
                                                  {static_cast<const uint8_t*>(message->payload),
                                                   static_cast<size_t>(message->payloadlen)});
        });
        if (mosquitto_connect(client_, "localhost", port, 30) != MOSQ_ERR_SUCCESS ||
            mosquitto_loop_start(client_) != 0)
            throw std::runtime_error("the test's fleet cannot connect to the broker");
    }
    UpdateFleet(const UpdateFleet&) = delete;
    UpdateFleet& operator=(const UpdateFleet&) = delete;
    ~UpdateFleet() {
        mosquitto_disconnect(client_);
        mosquitto_loop_stop(client_, true);
        mosquitto_destroy(client_);
    }

    void offer(Package package) {
        const std::lock_guard lock(mutex_);
        package_ = std::move(package);
        status_ = {};
        publish("offer", package_.manifest);
    }
    struct Seen {
        update::UpdateStatus::Part bundle, firmware;
        std::string refusal;
        uint32_t next_piece = 0;
        uint64_t pieces_sent = 0;
        uint32_t boot = 0;
        uint32_t scored = 0;  // inferences with the bundle of `scored_sequence`
        uint32_t scored_sequence = 0;
    };
    Seen seen() const {
        const std::lock_guard lock(mutex_);
        return status_;
    }

  private:
    void publish(const std::string& leaf, std::span<const uint8_t> bytes) {
        mosquitto_publish(client_, nullptr, (root_ + leaf).c_str(), static_cast<int>(bytes.size()),
                          bytes.data(), 1, false);
    }
    void take(const std::string& leaf, std::span<const uint8_t> payload) {
        const std::lock_guard lock(mutex_);
        update::UpdateStatus status;
        update::Want want;
        if (leaf == "update" && update::decode(payload, status)) {
            status_.bundle = status.parts[0];
            status_.firmware = status.parts[1];
            status_.refusal = status.refusal ? status.refusal->why : "";
            status_.next_piece = status.transfer ? status.transfer->next : 0;
            status_.boot = status.boot;
            status_.scored = status.scores->counts.inferences;
            status_.scored_sequence = status.scores->sequence;
            const Component component = package_.description.component;
            const auto& part = status.parts[static_cast<size_t>(component)];
            // Cut off before the offer was stored: again.
            if (!package_.manifest.empty() && !status.transfer && !status.refusal &&
                part.phase == Phase::confirmed && part.floor < package_.description.sequence)
                publish("offer", package_.manifest);
        } else if (leaf == "want" && update::decode(payload, want) &&
                   want.sequence == package_.description.sequence) {
            Bytes message(update::kMaxUpdateMessageBytes);
            for (uint32_t i = 0; i < want.count; ++i) {
                const uint32_t number = want.first + i;
                const size_t size =
                    encode(update::Piece{want.sequence, number, package_.piece(number)}, message);
                publish("piece", std::span(message).first(size));
                ++status_.pieces_sent;
            }
        }
    }

    std::string root_;
    mosquitto* client_ = nullptr;
    mutable std::mutex mutex_;
    Package package_;
    Seen status_;
};

struct AgentUpdateTest : AgentTest {
    const std::string root = compile::generate_signing_key();
    const std::string signer = compile::generate_signing_key();
    const std::string bundle_key = compile::generate_signing_key();
    const Bytes old_bundle = bundle_with_head(1);

    // The machine's network, its last layer with weights drawn from `head`. It pulls no stop line:
    // a board whose machine is stopped takes no update.
    // `instructions`: what it states that an inference takes at most; 0: nothing.
    Bytes bundle_with_head(uint32_t head, int32_t hidden = 8, uint32_t instructions = 0) const {
        tests::Application application = tests::machine_application();
        if (instructions != 0) application.project.budget.instructions = instructions;
        application.project.action.stop_line = false;
        model::Graph graph = tests::dense_network({27, hidden, 27}, false);
        const auto weights = tests::random_samples(static_cast<size_t>(hidden) * 27, 127, head);
        auto& last = graph.tensors[static_cast<size_t>(graph.operators.back().inputs[1])].data;
        last.assign(weights.begin(), weights.end());
        application.program = tests::compiled(graph);
        return compile::write_bundle(application.input(), bundle_key);
    }

    static update::Manifest describe(Component component, uint32_t sequence) {
        update::Manifest manifest;
        manifest.vendor = {1};
        manifest.hardware_class = {2};
        manifest.component = component;
        manifest.sequence = sequence;
        manifest.version = {sequence, 0, 0};
        manifest.health.starts = 20;
        manifest.health.min_ms = 2000;
        manifest.health.max_ms = 60000;
        return manifest;
    }

    BoardFactory factory() const {
        BoardFactory made;
        made.identity.vendor = {1};
        made.identity.hardware_class = {2};
        made.identity.root = update::public_point_of(root);
        const std::vector<update::ListedKey> keys{{update::public_point_of(signer)}};
        made.key_list = update::make_key_list(1, keys, root);
        made.manifest =
            update::make_package(describe(Component::bundle, 1), old_bundle, signer).manifest;
        made.bundle = old_bundle;
        return made;
    }

    BoardConfig updatable(const std::string& id) {
        BoardConfig made = config(id, compile::public_key_of(bundle_key));
        made.bundle.clear();
        made.factory = factory();
        return made;
    }

    Package bundle_package(uint32_t sequence, uint32_t head, uint32_t instructions = 0) const {
        return update::make_package(describe(Component::bundle, sequence),
                                    bundle_with_head(head, 8, instructions), signer, old_bundle);
    }
};

}  // namespace ganglion::firmware
