#include "bench/coordination/crowd.hpp"

#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <utility>

#include "fleet/base/port.hpp"

namespace ganglion::bench::grid {
namespace {

constexpr int kAtLeastOnce = 1;
constexpr int kKeepAliveSeconds = 120;
constexpr int kWaitMs = 5;
constexpr auto kLookAfter = std::chrono::seconds(1);
constexpr size_t kHandshakesAtOnce = 32;  ///< a thread: the broker takes them one after another

void check(int result, const std::string& what) {
    if (result != MOSQ_ERR_SUCCESS)
        throw std::runtime_error("crowd: cannot " + what + ": " + mosquitto_strerror(result));
}

std::string topic_of(const std::string& id, const std::string& leaf) {
    return "ganglion/1/" + id + "/" + leaf;
}

}  // namespace

Crowd::Crowd(fleet::Pki& pki, uint16_t port, std::vector<std::string> ids, const std::string& leaf,
             unsigned threads, Heard heard)
    : ids_(std::move(ids)),
      leaf_(leaf),
      port_(port),
      heard_(std::move(heard)),
      members_(ids_.size()) {
    check(mosquitto_lib_init(), "begin");
    for (uint32_t number = 0; number < members_.size(); ++number) {
        pki.issue_device(ids_[number]);
        members_[number].crowd = this;
        members_[number].number = number;
        prepare(members_[number], pki);
    }
    for (unsigned i = 0; i < threads; ++i) {
        workers_.push_back(std::make_unique<Worker>());
        Worker& worker = *workers_.back();
        worker.watch = ::epoll_create1(EPOLL_CLOEXEC);
        if (worker.watch < 0) throw std::runtime_error("crowd: cannot watch connections");
        for (uint32_t number = i; number < members_.size(); number += threads)
            worker.members.push_back(number);
    }
    for (auto& worker : workers_)
        worker->thread = std::thread([this, &worker = *worker] { work(worker); });
}

Crowd::~Crowd() {
    stopping_ = true;
    for (auto& worker : workers_) {
        worker->thread.join();
        ::close(worker->watch);
    }
}

void Crowd::prepare(Member& member, const fleet::Pki& pki) {
    const std::string& id = ids_[member.number];
    member.client.reset(mosquitto_new(id.c_str(), true, &member));
    if (!member.client) throw std::runtime_error("crowd: out of memory");
    mosquitto* const client = member.client.get();
    check(mosquitto_tls_set(client, pki.ca_file().c_str(), nullptr,
                            pki.certificate_file("devices/" + id).c_str(),
                            pki.key_file("devices/" + id).c_str(), nullptr),
          "use the certificate of " + id);
    check(mosquitto_tls_opts_set(client, SSL_VERIFY_PEER, "tlsv1.2", nullptr), "set TLS options");
    mosquitto_connect_callback_set(client, [](mosquitto* who, void* object, int result) {
        Member& self = of(object);
        if (result == 0)
            mosquitto_subscribe(who, nullptr,
                                topic_of(self.crowd->ids_[self.number], self.crowd->leaf_).c_str(),
                                kAtLeastOnce);
    });
    mosquitto_subscribe_callback_set(client, [](mosquitto*, void* object, int, int, const int*) {
        Member& self = of(object);
        if (!std::exchange(self.hears, true)) ++self.crowd->connected_;
    });
    mosquitto_publish_callback_set(
        client, [](mosquitto*, void* object, int) { ++of(object).crowd->acknowledged_; });
    mosquitto_message_callback_set(
        client, [](mosquitto*, void* object, const mosquitto_message* message) {
            Member& self = of(object);
            self.crowd->heard_(self.number, {static_cast<const uint8_t*>(message->payload),
                                             static_cast<size_t>(message->payloadlen)});
        });
}

bool Crowd::wait_until_connected(std::chrono::seconds limit) const {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (connected_ < members_.size()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return true;
}

void Crowd::publish(uint32_t member, const std::string& leaf, std::vector<uint8_t> payload) {
    Worker& worker = *workers_[member % workers_.size()];
    ++published_;
    const std::lock_guard lock(worker.mutex);
    worker.waiting.push_back({member, topic_of(ids_[member], leaf), std::move(payload)});
}

void Crowd::connect(Worker& worker, Member& member) {
    {
        const std::lock_guard lock(connecting_);  // libmosquitto sets up OpenSSL without a lock
        check(mosquitto_connect(member.client.get(), fleet::loopback, port_, kKeepAliveSeconds),
              "connect " + ids_[member.number]);
    }
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u32 = member.number;
    if (::epoll_ctl(worker.watch, EPOLL_CTL_ADD, mosquitto_socket(member.client.get()), &event) !=
        0)
        throw std::runtime_error("crowd: cannot watch a connection");
}

// A connection that ended is gone from the watch with its socket; the member begins anew.
void Crowd::serve(Worker& worker, Member& member, bool readable) {
    mosquitto* const client = member.client.get();
    int result = MOSQ_ERR_SUCCESS;
    if (readable) result = mosquitto_loop_read(client, 1);
    if (result == MOSQ_ERR_SUCCESS && mosquitto_want_write(client))
        result = mosquitto_loop_write(client, 1);
    if (result == MOSQ_ERR_SUCCESS) return;
    if (std::exchange(member.hears, false)) --connected_;
    connect(worker, member);
}

void Crowd::work(Worker& worker) {
    auto looked = std::chrono::steady_clock::now();
    size_t begun = 0;
    std::array<epoll_event, 64> events;
    while (!stopping_) {
        // So many handshakes at once that none of them waits until the broker gives it up.
        const size_t open = connected_ / workers_.size();
        while (begun < worker.members.size() && begun < open + kHandshakesAtOnce)
            connect(worker, members_[worker.members[begun++]]);
        const int ready = ::epoll_wait(worker.watch, events.data(), events.size(), kWaitMs);
        for (int i = 0; i < ready; ++i) serve(worker, members_[events[size_t(i)].data.u32], true);
        std::vector<Waiting> waiting;
        {
            const std::lock_guard lock(worker.mutex);
            waiting.swap(worker.waiting);
        }
        for (const Waiting& one : waiting)
            mosquitto_publish(members_[one.member].client.get(), nullptr, one.topic.c_str(),
                              static_cast<int>(one.payload.size()), one.payload.data(),
                              kAtLeastOnce, false);
        const auto now = std::chrono::steady_clock::now();
        const bool look = now - looked > kLookAfter;
        if (look) looked = now;
        for (size_t i = 0; i < begun; ++i) {
            Member& member = members_[worker.members[i]];
            if (mosquitto_want_write(member.client.get())) serve(worker, member, false);
            if (look) mosquitto_loop_misc(member.client.get());
        }
    }
}

}  // namespace ganglion::bench::grid
