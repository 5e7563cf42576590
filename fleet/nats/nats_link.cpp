#include "fleet/nats/nats_link.hpp"

#include <nats/nats.h>

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "fleet/nats/subject.hpp"

namespace ganglion::fleet {
namespace {

constexpr int64_t kReconnectMs = 100;
constexpr int64_t kJitterMs = 50;
constexpr int64_t kPingMs = 5'000;
constexpr int kPings = 2;
constexpr int64_t kConnectMs = 3'000;
constexpr int64_t kFlushMs = 2'000;
constexpr int kMostWaiting = 1'000'000;
constexpr int kMostWaitingBytes = 64 << 20;

void check(natsStatus status, const char* what) {
    if (status == NATS_OK) return;
    throw std::runtime_error(std::string("NATS client cannot ") + what + ": " +
                             natsStatus_GetText(status));
}

struct DestroyOptions {
    void operator()(natsOptions* options) const { natsOptions_Destroy(options); }
};
using Options = std::unique_ptr<natsOptions, DestroyOptions>;

class NatsLink final : public Link {
  public:
    NatsLink(const NatsConfig& config, std::string group, Log log, LinkHandlers handlers)
        : prefix_(subject_prefix(config.organisation)),
          group_(std::move(group)),
          log_(std::move(log)),
          handlers_(std::move(handlers)) {
        const Options options = options_of(config);
        natsConnection* made = nullptr;
        const natsStatus status = natsConnection_Connect(&made, options.get());
        if (status != NATS_OK && status != NATS_NOT_YET_CONNECTED) check(status, "begin");
        connection_ = made;
        if (status == NATS_OK) on_connected(made);
    }

    /// Waits until no callback of the library can reach this object any more.
    ~NatsLink() override {
        stopping_ = true;
        connected_ = false;
        natsConnection* const connection = connection_;
        natsConnection_FlushTimeout(connection, kFlushMs);
        natsConnection_Close(connection);
        {
            std::unique_lock lock(mutex_);
            ended_.wait(lock, [this] { return closed_ && complete_ == subscriptions_.size(); });
        }
        for (const auto& [pattern, subscription] : subscriptions_)
            natsSubscription_Destroy(subscription);
        natsConnection_Destroy(connection);
    }
    NatsLink(const NatsLink&) = delete;
    NatsLink& operator=(const NatsLink&) = delete;

    bool is_connected() const override { return connected_; }

    bool subscribe(const std::string& pattern) override {
        const std::string subject = prefix_ + subject_of(pattern);
        {
            const std::lock_guard lock(mutex_);
            if (!subscriptions_.contains(pattern)) {
                natsSubscription* made = nullptr;
                const natsStatus status =
                    group_.empty()
                        ? natsConnection_Subscribe(&made, connection_, subject.c_str(), on_message,
                                                   this)
                        : natsConnection_QueueSubscribe(&made, connection_, subject.c_str(),
                                                        group_.c_str(), on_message, this);
                if (status != NATS_OK) return false;
                natsSubscription_SetPendingLimits(made, kMostWaiting, kMostWaitingBytes);
                natsSubscription_SetOnCompleteCB(made, on_complete, this);
                subscriptions_.emplace(pattern, made);
            }
        }
        // What a broker retains it sends to a new subscription; here the edges are asked.
        return !pattern.ends_with("/status") || publish(kRollCallTopic, {}, false);
    }

    bool publish(const std::string& topic, std::span<const uint8_t> payload, bool) override {
        return natsConnection_Publish(connection_, (prefix_ + subject_of(topic)).c_str(),
                                      payload.data(), static_cast<int>(payload.size())) == NATS_OK;
    }

  private:
    static NatsLink& self(void* object) { return *static_cast<NatsLink*>(object); }

    Options options_of(const NatsConfig& config) {
        natsOptions* made = nullptr;
        check(natsOptions_Create(&made), "be made");
        Options options(made);
        std::vector<const char*> urls;
        for (const std::string& url : config.urls) urls.push_back(url.c_str());
        check(natsOptions_SetServers(made, urls.data(), static_cast<int>(urls.size())),
              "use these addresses");
        check(natsOptions_SetSecure(made, true), "use TLS");
        check(natsOptions_LoadCATrustedCertificates(made, config.ca_file.c_str()),
              "read the authority's certificate");
        check(natsOptions_LoadCertificatesChain(made, config.certificate_file.c_str(),
                                                config.key_file.c_str()),
              "use the certificate");
        natsOptions_SetTimeout(made, kConnectMs);
        natsOptions_SetMaxReconnect(made, -1);
        natsOptions_SetReconnectWait(made, kReconnectMs);
        natsOptions_SetReconnectJitter(made, kJitterMs, kJitterMs);
        natsOptions_SetPingInterval(made, kPingMs);
        natsOptions_SetMaxPingsOut(made, kPings);
        const auto connected = [](natsConnection* connection, void* object) {
            self(object).on_connected(connection);
        };
        natsOptions_SetRetryOnFailedConnect(made, true, connected, this);
        natsOptions_SetReconnectedCB(made, connected, this);
        natsOptions_SetDisconnectedCB(
            made,
            [](natsConnection* connection, void* object) {
                if (!self(object).connected_.exchange(false)) return;
                const char* reason = nullptr;
                natsConnection_GetLastError(connection, &reason);
                self(object).handlers_.disconnected(
                    reason != nullptr && *reason != '\0' ? reason : "closed");
            },
            this);
        natsOptions_SetClosedCB(
            made,
            [](natsConnection* connection, void* object) {
                const char* reason = nullptr;
                natsConnection_GetLastError(connection, &reason);
                if (!self(object).stopping_)
                    self(object).log_(std::string("nats: closed for good, start again: ") +
                                      (reason != nullptr ? reason : ""));
                const std::lock_guard lock(self(object).mutex_);
                self(object).closed_ = true;
                self(object).ended_.notify_all();
            },
            this);
        natsOptions_SetErrorHandler(
            made,
            [](natsConnection*, natsSubscription*, natsStatus error, void* object) {
                self(object).log_(std::string("nats: ") + natsStatus_GetText(error));
            },
            this);
        return options;
    }

    /// The library may tell of a connection before the call that makes it has returned.
    void on_connected(natsConnection* connection) {
        connection_ = connection;
        connected_ = true;
        handlers_.connected(*this);
    }

    static void on_message(natsConnection*, natsSubscription*, natsMsg* message, void* object) {
        const std::unique_ptr<natsMsg, void (*)(natsMsg*)> owner(message, natsMsg_Destroy);
        const auto* data = reinterpret_cast<const uint8_t*>(natsMsg_GetData(message));
        const std::string_view subject = natsMsg_GetSubject(message);
        self(object).handlers_.message(topic_of(subject.substr(self(object).prefix_.size())),
                                       {data, static_cast<size_t>(natsMsg_GetDataLength(message))},
                                       false);
    }

    static void on_complete(void* object) {
        const std::lock_guard lock(self(object).mutex_);
        ++self(object).complete_;
        self(object).ended_.notify_all();
    }

    const std::string prefix_;
    std::string group_;
    Log log_;
    LinkHandlers handlers_;
    std::atomic<bool> connected_{false}, stopping_{false};
    std::atomic<natsConnection*> connection_{nullptr};
    std::mutex mutex_;
    std::condition_variable ended_;
    std::map<std::string, natsSubscription*> subscriptions_;
    size_t complete_ = 0;
    bool closed_ = false;
};

}  // namespace

std::vector<std::string> nats_urls(const std::string& list) {
    std::vector<std::string> urls;
    for (size_t at = 0; at <= list.size();) {
        const size_t end = std::min(list.find(',', at), list.size());
        std::string url = list.substr(at, end - at);
        at = end + 1;
        constexpr std::string_view scheme = "nats://";
        if (!url.starts_with(scheme)) url.insert(0, scheme);
        const std::string rest = url.substr(scheme.size());
        if (rest.empty() || rest.find('/') != std::string::npos || rest.front() == ':')
            throw std::runtime_error("'" + list +
                                     "' is no list of NATS nodes: write nats://a:4222,b:4222");
        urls.push_back(std::move(url));
    }
    return urls;
}

OpenLink nats_link(const NatsConfig& config, const std::string& group, const Log& log) {
    return [config, group, log](LinkHandlers handlers) {
        return std::make_unique<NatsLink>(config, group, log, std::move(handlers));
    };
}

}  // namespace ganglion::fleet
