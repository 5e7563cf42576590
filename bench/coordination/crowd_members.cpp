#include <sys/prctl.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/coordination/crowd_link.hpp"
#include "fleet/base/open_files.hpp"
#include "fleet/testing/mqtt_swarm.hpp"

namespace ganglion::bench::grid {
namespace {

using fleet::testing::MqttSwarm;
using Kind = CrowdMessage::Kind;
constexpr auto kTurn = std::chrono::milliseconds(5);
constexpr size_t kFilesOfMember = 3;  ///< of libmosquitto's client
constexpr size_t kOtherFiles = 200;

class Members {
  public:
    explicit Members(int link)
        : link_(link),
          swarm_({.connected =
                      [this](size_t client) { swarm_.subscribe(client, {topic(client, leaf_)}); },
                  .message =
                      [this](size_t client, std::string_view, std::span<const uint8_t> payload) {
                          send(link_, Kind::heard, members_[client].number, {}, payload);
                      },
                  .subscribed = [this](size_t client) { subscribed(client); },
                  .acknowledged =
                      [this](size_t client) {
                          send(link_, Kind::acknowledged, members_[client].number);
                      }}) {}

    [[noreturn]] void run() {
        for (;;) {
            // Nobody is here yet: nothing else to wait for.
            while (const auto message = receive(link_, members_.empty())) obey(*message);
            swarm_.run(kTurn);
        }
    }

  private:
    struct Member {
        uint32_t number;
        std::string id;
        bool told;  ///< that it can hear
    };

    std::string topic(size_t client, const std::string& leaf) const {
        return "ganglion/1/" + members_[client].id + "/" + leaf;
    }

    void subscribed(size_t client) {
        if (std::exchange(members_[client].told, true)) return;
        send(link_, Kind::connected, members_[client].number);
    }

    void obey(const CrowdMessage& message) {
        const std::string text(message.payload.begin(), message.payload.end());
        switch (message.kind) {
            case Kind::begin: {
                const auto config = nlohmann::json::parse(text);
                port_ = config.at("port");
                identities_ = config.at("identities").get<std::string>();
                processes_ = config.at("processes");
                leaf_ = message.leaf;
                break;
            }
            case Kind::member:
                add(message.member, text);
                break;
            case Kind::publish: {
                const size_t client = message.member / processes_;
                swarm_.publish(client, topic(client, message.leaf), message.payload, false);
                break;
            }
            default:
                throw std::runtime_error("a message that nobody knows");
        }
    }

    void add(uint32_t number, const std::string& id) {
        if (kFilesOfMember * members_.size() + kOtherFiles > files_)
            throw std::runtime_error(std::to_string(members_.size()) +
                                     " members in a process are all that `ulimit -Hn`, " +
                                     std::to_string(files_) + ", allows");
        members_.push_back({number, id, false});
        swarm_.add({port_,
                    id,
                    identities_ / "ca.pem",
                    identities_ / "devices" / (id + ".pem"),
                    identities_ / "devices" / (id + ".key"),
                    {},
                    {}});
    }

    int link_;
    uint64_t files_ = fleet::allow_open_files();
    uint16_t port_ = 0;
    uint32_t processes_ = 1;
    std::filesystem::path identities_;
    std::string leaf_;
    std::vector<Member> members_;  ///< by the swarm's number
    MqttSwarm swarm_;
};

}  // namespace

void live_as_members(int link) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    std::signal(SIGINT, SIG_IGN);  // the other side ends in order, and we with it
    try {
        Members(link).run();
    } catch (const LinkEnded&) {
        ::_exit(0);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
    }
    ::_exit(1);
}

}  // namespace ganglion::bench::grid
