#include "bench/coordination/crowd_link.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace ganglion::bench::grid {
namespace {

constexpr size_t kLeafBytes = 32;
constexpr size_t kMostPayload = 4096;

struct Head {
    CrowdMessage::Kind kind;
    std::array<char, kLeafBytes> leaf;  ///< ends with a zero
    uint32_t member;
};

}  // namespace

void send(int link, CrowdMessage::Kind kind, uint32_t member, const std::string& leaf,
          std::span<const uint8_t> payload) {
    if (leaf.size() >= kLeafBytes || payload.size() > kMostPayload)
        throw std::runtime_error("crowd: a message is too long");
    Head head{.kind = kind, .leaf = {}, .member = member};
    std::memcpy(head.leaf.data(), leaf.data(), leaf.size());
    std::array<iovec, 2> parts{
        iovec{&head, sizeof head},
        iovec{const_cast<uint8_t*>(payload.data()), payload.size()},
    };
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    ssize_t sent = -1;
    do {
        sent = ::sendmsg(link, &message, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0) throw LinkEnded();
}

std::optional<CrowdMessage> receive(int link, bool wait) {
    std::array<uint8_t, sizeof(Head) + kMostPayload> bytes{};
    ssize_t count = -1;
    do {
        count = ::recv(link, bytes.data(), bytes.size(), wait ? 0 : MSG_DONTWAIT);
    } while (count < 0 && errno == EINTR);
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return std::nullopt;
    if (count < static_cast<ssize_t>(sizeof(Head))) throw LinkEnded();
    Head head{};
    std::memcpy(&head, bytes.data(), sizeof head);
    return CrowdMessage{head.kind,
                        head.member,
                        head.leaf.data(),
                        {bytes.begin() + sizeof head, bytes.begin() + count}};
}

}  // namespace ganglion::bench::grid
