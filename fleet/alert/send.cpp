#include "fleet/alert/send.hpp"

#include <curl/curl.h>
#include <fmt/chrono.h>
#include <fmt/core.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string_view>

namespace ganglion::fleet {
namespace {

constexpr long kConnectSeconds = 10;
constexpr long kWholeSeconds = 30;

struct EasyCleanup {
    void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
};
struct ListFree {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Easy = std::unique_ptr<CURL, EasyCleanup>;

/// A list of texts for libcurl.
class List {
  public:
    void add(const std::string& text) {
        curl_slist* longer = curl_slist_append(list_.get(), text.c_str());
        if (longer == nullptr) throw std::runtime_error("out of memory");
        static_cast<void>(list_.release());
        list_.reset(longer);
    }
    curl_slist* get() const { return list_.get(); }

  private:
    std::unique_ptr<curl_slist, ListFree> list_;
};

Easy new_transfer(const Channel& channel, const char* protocols) {
    static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
    Easy easy(ready == CURLE_OK ? curl_easy_init() : nullptr);
    if (!easy) throw std::runtime_error("libcurl does not initialise");
    curl_easy_setopt(easy.get(), CURLOPT_URL, channel.url.c_str());
    curl_easy_setopt(easy.get(), CURLOPT_PROTOCOLS_STR, protocols);
    curl_easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy.get(), CURLOPT_NOPROXY, "127.0.0.1,localhost,::1");
    curl_easy_setopt(easy.get(), CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
    curl_easy_setopt(easy.get(), CURLOPT_TIMEOUT, kWholeSeconds);
    return easy;
}

void run(const Easy& easy) {
    std::array<char, CURL_ERROR_SIZE> reason{};
    curl_easy_setopt(easy.get(), CURLOPT_ERRORBUFFER, reason.data());
    const CURLcode result = curl_easy_perform(easy.get());
    if (result == CURLE_OK) return;
    std::string why = reason[0] != '\0' ? reason.data() : curl_easy_strerror(result);
    long answered = 0;
    curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &answered);
    if (answered != 0) why += " (the receiver answered " + std::to_string(answered) + ")";
    throw std::runtime_error(why);
}

/// An answer's body is nothing that we need.
size_t drop(char*, size_t size, size_t count, void*) {
    return size * count;
}

struct Upload {
    std::string_view left;
};

size_t give(char* to, size_t size, size_t count, void* from) {
    auto* upload = static_cast<Upload*>(from);
    const size_t bytes = std::min(size * count, upload->left.size());
    std::copy_n(upload->left.data(), bytes, to);
    upload->left.remove_prefix(bytes);
    return bytes;
}

/// Texts come from devices: a line break would begin another header.
std::string one_line(std::string text) {
    std::ranges::replace_if(
        text, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
    return text;
}

/// RFC 2047, in words of at most 75 characters, each of whole UTF-8 characters.
std::string encoded_word(const std::string& text) {
    if (std::ranges::all_of(text, [](unsigned char c) { return c < 0x80; })) return text;
    std::string words;
    for (size_t begin = 0; begin < text.size();) {
        size_t end = std::min(begin + 42, text.size());
        while (end < text.size() && end > begin + 1 && (text[end] & 0xc0) == 0x80) --end;
        std::array<unsigned char, 64> base64{};
        EVP_EncodeBlock(base64.data(), reinterpret_cast<const unsigned char*>(&text[begin]),
                        static_cast<int>(end - begin));
        words += fmt::format("{}=?UTF-8?B?{}?=", words.empty() ? "" : "\r\n ",
                             reinterpret_cast<const char*>(base64.data()));
        begin = end;
    }
    return words;
}

std::string key_of(const std::vector<Delivery>& deliveries) {
    return fmt::format("ganglion-{}-{}-{}", deliveries.front().made_ms, deliveries.front().id,
                       deliveries.back().id);
}

std::string said(const Delivery& delivery) {
    std::string line = one_line(delivery.line);
    if (delivery.incident == 0) return line;
    return fmt::format("incident {} {}: {}", delivery.incident, delivery.reason, line);
}

std::vector<std::string> addresses(const std::string& list) {
    std::vector<std::string> all;
    size_t begin = 0;
    while (begin < list.size()) {
        const size_t end = std::min(list.find(',', begin), list.size());
        std::string address = list.substr(begin, end - begin);
        std::erase(address, ' ');
        if (!address.empty()) all.push_back(address);
        begin = end + 1;
    }
    return all;
}

void send_mail(const Channel& channel, const std::vector<Delivery>& deliveries, int64_t now_ms) {
    const Easy easy = new_transfer(channel, "smtp,smtps");
    const std::string text = mail_text(channel, deliveries, now_ms);
    Upload upload{text};
    List recipients;
    for (const std::string& address : addresses(channel.to)) recipients.add("<" + address + ">");
    const std::string sender = "<" + channel.sender + ">";
    curl_easy_setopt(easy.get(), CURLOPT_MAIL_FROM, sender.c_str());
    curl_easy_setopt(easy.get(), CURLOPT_MAIL_RCPT, recipients.get());
    curl_easy_setopt(easy.get(), CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy.get(), CURLOPT_READFUNCTION, give);
    curl_easy_setopt(easy.get(), CURLOPT_READDATA, &upload);
    curl_easy_setopt(easy.get(), CURLOPT_USE_SSL,
                     static_cast<long>(channel.user.empty() ? CURLUSESSL_TRY : CURLUSESSL_ALL));
    if (!channel.user.empty()) {
        curl_easy_setopt(easy.get(), CURLOPT_USERNAME, channel.user.c_str());
        curl_easy_setopt(easy.get(), CURLOPT_PASSWORD, channel.secret.c_str());
    }
    run(easy);
}

void send_webhook(const Channel& channel, const std::vector<Delivery>& deliveries) {
    const Easy easy = new_transfer(channel, "http,https");
    const std::string body = webhook_body(deliveries);
    List headers;
    headers.add("Content-Type: application/json");
    headers.add("Idempotency-Key: " + key_of(deliveries));
    if (!channel.secret.empty())
        headers.add("X-Ganglion-Signature: " + signature_of(body, channel.secret));
    curl_easy_setopt(easy.get(), CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDS, body.c_str());
    curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
    curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, drop);
    run(easy);
    long status = 0;
    curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
    if (status < 200 || status > 299)
        throw std::runtime_error("the receiver answered " + std::to_string(status));
}

}  // namespace

std::string webhook_body(const std::vector<Delivery>& deliveries) {
    nlohmann::json list = nlohmann::json::array();
    std::string text;
    for (const Delivery& delivery : deliveries) {
        list.push_back({{"id", delivery.id},
                        {"incident", delivery.incident},
                        {"reason", delivery.reason},
                        {"line", delivery.line},
                        {"made_ms", delivery.made_ms}});
        text += said(delivery) + "\n";
    }
    return nlohmann::json{{"deliveries", list}, {"text", text}}.dump();
}

std::string mail_text(const Channel& channel, const std::vector<Delivery>& deliveries,
                      int64_t now_ms) {
    const std::string subject = deliveries.size() == 1
                                    ? said(deliveries.front())
                                    : fmt::format("{} messages, the first: {}", deliveries.size(),
                                                  said(deliveries.front()));
    std::string text = fmt::format(
        "Date: {:%a, %d %b %Y %H:%M:%S} +0000\r\nFrom: {}\r\nTo: {}\r\nMessage-ID: "
        "<{}@ganglion>\r\n"
        "Subject: {}\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: 8bit\r\nAuto-Submitted: auto-generated\r\n\r\n",
        fmt::gmtime(now_ms / 1000), channel.sender, channel.to, key_of(deliveries),
        encoded_word("[ganglion] " + subject));
    for (const Delivery& delivery : deliveries) text += said(delivery) + "\r\n";
    return text;
}

std::string signature_of(const std::string& body, const std::string& secret) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> code{};
    unsigned int size = 0;
    HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
         reinterpret_cast<const unsigned char*>(body.data()), body.size(), code.data(), &size);
    std::string text = "sha256=";
    for (unsigned int i = 0; i < size; ++i) text += fmt::format("{:02x}", code[i]);
    return text;
}

void send(const Channel& channel, const std::vector<Delivery>& deliveries, int64_t now_ms) {
    if (channel.kind == "email") {
        send_mail(channel, deliveries, now_ms);
    } else {
        send_webhook(channel, deliveries);
    }
}

}  // namespace ganglion::fleet
