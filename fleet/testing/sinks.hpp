#pragma once

#include <httplib.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

namespace ganglion::fleet::testing {

/// A mail that arrived.
struct Mail {
    std::string sender;
    std::vector<std::string> recipients;
    std::string text;  ///< header and body, dots taken off again
};

/// A mail server (RFC 5321) on loopback that keeps what it is given.
class SmtpSink {
  public:
    SmtpSink();
    ~SmtpSink();
    SmtpSink(const SmtpSink&) = delete;
    SmtpSink& operator=(const SmtpSink&) = delete;

    std::string url() const { return "smtp://127.0.0.1:" + std::to_string(port_); }
    /// The next mails are refused with 451, "try again later".
    void refuse(int mails) { refusals_ = mails; }
    std::vector<Mail> mails() const;

  private:
    void serve();
    void talk(int connection);

    int listener_ = -1;
    uint16_t port_ = 0;
    std::atomic<bool> stopping_{false};
    std::atomic<int> refusals_{0};
    mutable std::mutex mutex_;
    std::vector<Mail> mails_;
    std::thread thread_;
};

/// An HTTP server on loopback that keeps what is posted to it.
class WebhookSink {
  public:
    struct Post {
        nlohmann::json body;
        std::string text, signature, key;
    };

    WebhookSink();
    ~WebhookSink();
    WebhookSink(const WebhookSink&) = delete;
    WebhookSink& operator=(const WebhookSink&) = delete;

    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/hook"; }
    /// The next posts are answered with 503 and not kept.
    void refuse(int posts) { refusals_ = posts; }
    std::vector<Post> posts() const;
    /// How often each delivery arrived, by its id.
    std::map<int64_t, int> deliveries() const;

  private:
    httplib::Server server_;
    int port_ = 0;
    std::atomic<int> refusals_{0};
    mutable std::mutex mutex_;
    std::vector<Post> posts_;
    std::thread thread_;
};

}  // namespace ganglion::fleet::testing
