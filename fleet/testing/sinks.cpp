#include "fleet/testing/sinks.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace ganglion::fleet::testing {
namespace {

constexpr int kPollMs = 20;

/// Lines of one connection, without their ends.
class Lines {
  public:
    explicit Lines(int connection) : connection_(connection) {}

    bool next(std::string& line) {
        for (;;) {
            const size_t end = buffer_.find("\r\n");
            if (end != std::string::npos) {
                line = buffer_.substr(0, end);
                buffer_.erase(0, end + 2);
                return true;
            }
            char bytes[4096];
            const ssize_t got = ::recv(connection_, bytes, sizeof bytes, 0);
            if (got <= 0) return false;
            buffer_.append(bytes, static_cast<size_t>(got));
        }
    }
    void answer(const std::string& line) const {
        const std::string text = line + "\r\n";
        static_cast<void>(::send(connection_, text.data(), text.size(), MSG_NOSIGNAL));
    }

  private:
    int connection_;
    std::string buffer_;
};

std::string address_in(const std::string& line) {
    const size_t begin = line.find('<');
    const size_t end = line.find('>', begin);
    return begin == std::string::npos ? line : line.substr(begin + 1, end - begin - 1);
}

bool is_command(const std::string& line, const std::string& command) {
    return line.compare(0, command.size(), command) == 0;
}

}  // namespace

SmtpSink::SmtpSink() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    ::inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, generic, size) != 0 || ::listen(listener_, 8) != 0 ||
        ::getsockname(listener_, generic, &size) != 0)
        throw std::runtime_error("the mail sink cannot listen");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
}

SmtpSink::~SmtpSink() {
    stopping_ = true;
    thread_.join();
    ::close(listener_);
}

std::vector<Mail> SmtpSink::mails() const {
    const std::lock_guard lock(mutex_);
    return mails_;
}

void SmtpSink::serve() {
    while (!stopping_) {
        pollfd ready{listener_, POLLIN, 0};
        if (::poll(&ready, 1, kPollMs) != 1) continue;
        const int connection = ::accept(listener_, nullptr, nullptr);
        if (connection < 0) continue;
        const timeval limit{5, 0};
        ::setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        talk(connection);
        ::close(connection);
    }
}

void SmtpSink::talk(int connection) {
    Lines lines(connection);
    Mail mail;
    lines.answer("220 sink");
    for (std::string line; lines.next(line);) {
        if (is_command(line, "MAIL FROM:")) {
            mail.sender = address_in(line);
            lines.answer("250 ok");
        } else if (is_command(line, "RCPT TO:")) {
            mail.recipients.push_back(address_in(line));
            lines.answer("250 ok");
        } else if (line == "DATA") {
            lines.answer("354 go on");
            while (lines.next(line) && line != ".")
                mail.text += (line.rfind("..", 0) == 0 ? line.substr(1) : line) + "\n";
            if (refusals_ > 0) {
                --refusals_;
                lines.answer("451 try again later");
            } else {
                const std::lock_guard lock(mutex_);
                mails_.push_back(mail);
                lines.answer("250 taken");
            }
            mail = {};
        } else if (line == "QUIT") {
            lines.answer("221 bye");
            return;
        } else {
            lines.answer("250 sink");
        }
    }
}

WebhookSink::WebhookSink() {
    server_.Post("/hook", [this](const httplib::Request& request, httplib::Response& response) {
        if (refusals_ > 0) {
            --refusals_;
            response.status = 503;
            return;
        }
        const std::lock_guard lock(mutex_);
        posts_.push_back({nlohmann::json::parse(request.body), request.body,
                          request.get_header_value("X-Ganglion-Signature"),
                          request.get_header_value("Idempotency-Key")});
        response.status = 204;
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
}

WebhookSink::~WebhookSink() {
    while (!server_.is_running()) std::this_thread::yield();
    server_.stop();
    thread_.join();
}

std::vector<WebhookSink::Post> WebhookSink::posts() const {
    const std::lock_guard lock(mutex_);
    return posts_;
}

std::map<int64_t, int> WebhookSink::deliveries() const {
    std::map<int64_t, int> counts;
    for (const Post& post : posts())
        for (const auto& delivery : post.body.at("deliveries"))
            ++counts[delivery.at("id").get<int64_t>()];
    return counts;
}

}  // namespace ganglion::fleet::testing
