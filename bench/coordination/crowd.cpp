#include "bench/coordination/crowd.hpp"

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "bench/coordination/crowd_link.hpp"

namespace ganglion::bench::grid {
namespace {

constexpr size_t kMostInProcess =
    5000;  ///< three files each, of the 20,000 that a system may allow
constexpr size_t kLeastProcesses = 2;

}  // namespace

Crowd::Crowd(size_t members) : members_(members) {
    parts_.resize(std::max(kLeastProcesses, (members + kMostInProcess - 1) / kMostInProcess));
    for (Part& part : parts_) {
        int ends[2];
        if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
            throw std::runtime_error("crowd: no socket for a process");
        part.process = ::fork();
        if (part.process < 0) throw std::runtime_error("crowd: no process");
        if (part.process == 0) {
            // Another's end, kept open here, would keep it from seeing that we are gone.
            for (const Part& one : parts_)
                if (one.link >= 0) ::close(one.link);
            ::close(ends[0]);
            live_as_members(ends[1]);
        }
        ::close(ends[1]);
        part.link = ends[0];
    }
}

Crowd::~Crowd() {
    end();
}

void Crowd::end() {
    ending_ = true;
    for (Part& part : parts_) {
        ::shutdown(part.link, SHUT_RDWR);
        if (part.reader.joinable()) part.reader.join();
        ::close(part.link);
        ::waitpid(part.process, nullptr, 0);
    }
    parts_.clear();
}

void Crowd::connect(fleet::Pki& pki, uint16_t port, const std::vector<std::string>& ids,
                    const std::string& leaf, Heard heard) {
    if (ids.size() > members_) throw std::runtime_error("crowd: more members than it is for");
    members_ = ids.size();
    heard_ = std::move(heard);
    for (const std::string& id : ids) pki.issue_device(id);
    const std::string begin = nlohmann::json{
        {"port", port},
        {"identities", pki.ca_file().parent_path().string()},
        {"processes",
         parts_.size()}}.dump();
    const auto bytes_of = [](const std::string& text) {
        return std::span(reinterpret_cast<const uint8_t*>(text.data()), text.size());
    };
    for (Part& part : parts_) {
        part.reader = std::thread([this, &part] { read(part); });
        send(part.link, CrowdMessage::Kind::begin, 0, leaf, bytes_of(begin));
    }
    for (uint32_t member = 0; member < ids.size(); ++member)
        send(parts_[member % parts_.size()].link, CrowdMessage::Kind::member, member, {},
             bytes_of(ids[member]));
}

void Crowd::read(const Part& part) {
    try {
        while (const auto message = receive(part.link, true)) {
            if (message->kind == CrowdMessage::Kind::connected)
                ++connected_;
            else if (message->kind == CrowdMessage::Kind::acknowledged)
                ++acknowledged_;
            else
                heard_(message->member, message->payload);
        }
    } catch (const LinkEnded&) {
        if (!ending_) failed_ = true;
    }
}

bool Crowd::wait_until_connected(std::chrono::seconds limit) const {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (connected_ < members_) {
        if (failed_ || std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return true;
}

void Crowd::publish(uint32_t member, const std::string& leaf, std::span<const uint8_t> payload) {
    ++published_;
    send(parts_[member % parts_.size()].link, CrowdMessage::Kind::publish, member, leaf, payload);
}

}  // namespace ganglion::bench::grid
