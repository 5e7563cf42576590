#include "firmware/emulator/testing/lab.hpp"

#include <arpa/inet.h>
#include <mosquitto.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <stdexcept>
#include <thread>

namespace ganglion::firmware::lab {
namespace {

/// Below 32768, where Linux's outgoing connections begin: none of them may take it before the
/// broker does, or while the broker is restarted.
uint16_t free_port() {
    std::random_device random;
    std::uniform_int_distribution<int> below_outgoing(10000, 31999);
    bool is_bound = false;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (int tried = 0; !is_bound && tried < 1000; ++tried) {
        const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
        address.sin_port = htons(static_cast<uint16_t>(below_outgoing(random)));
        is_bound = ::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
        ::close(socket);
    }
    if (!is_bound) throw std::runtime_error("no free port");
    return ntohs(address.sin_port);
}

}  // namespace

bool eventually(std::chrono::milliseconds time_out, const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + time_out;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return true;
}

Folder::Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "ganglion_XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error(name + ": cannot be made");
    path_ = name;
}

Folder::~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

Authority::Authority(std::filesystem::path folder) : folder_(std::move(folder)) {
    openssl(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=authority "
        "-addext basicConstraints=critical,CA:TRUE -keyout ca.key -out ca.pem");
    issue("broker", "DNS:localhost");
    issue("server");
}

void Authority::openssl(const std::string& arguments) const {
    const std::string command =
        "cd '" + folder_.string() + "' && openssl " + arguments + " > openssl.log 2>&1";
    if (std::system(command.c_str()) != 0) throw std::runtime_error("failed: " + command);
}

void Authority::issue(const std::string& name, const std::string& subject_alternative) {
    openssl("req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=" + name +
            " -keyout " + name + ".key -out " + name + ".csr");
    std::ofstream(folder_ / "extensions")
        << (subject_alternative.empty() ? "basicConstraints=CA:FALSE"
                                        : "subjectAltName=" + subject_alternative)
        << "\n";
    openssl("x509 -req -days 2 -in " + name +
            ".csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile extensions -out " + name +
            ".pem");
}

std::string Authority::text(const std::string& name) const {
    std::ifstream in(folder_ / name);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

Broker::Broker(const Authority& authority, const std::string& certificate)
    : configuration_(authority.file("mosquitto.conf")), port_(free_port()) {
    const passwd* user = ::getpwuid(::getuid());
    std::ofstream(configuration_) << "listener " << port_ << " 127.0.0.1\n"
                                  << "cafile " << authority.file("ca.pem").string() << "\n"
                                  << "certfile " << authority.file(certificate + ".pem").string()
                                  << "\n"
                                  << "keyfile " << authority.file(certificate + ".key").string()
                                  << "\n"
                                  << "require_certificate true\nuse_identity_as_username true\n"
                                  << "tls_version tlsv1.2\nlog_type all\n"
                                  << (user != nullptr ? "user " + std::string(user->pw_name) + "\n"
                                                      : "");
    start();
}

void Broker::start() {
    std::string program = "/usr/sbin/mosquitto";
    process_ =
        std::make_unique<Process>(std::vector<std::string>{program, "-c", configuration_.string()},
                                  0, configuration_.parent_path() / "mosquitto.log");
    const bool up = eventually(std::chrono::seconds(10), [&] {
        const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port_);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const bool connected =
            ::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
        ::close(socket);
        return connected;
    });
    if (!up) throw std::runtime_error("mosquitto does not listen; see its log");
}

size_t Server::Opening::bytes() const {
    size_t total = 0;
    for (const auto& [first, chunk] : chunks) total += chunk.size();
    return total;
}

std::vector<int16_t> Server::Opening::samples() const {
    std::vector<int16_t> all;
    for (const auto& [first, chunk] : chunks)
        for (size_t i = 0; i < chunk.size(); i += 2)
            all.push_back(static_cast<int16_t>(chunk[i] | chunk[i + 1] << 8));
    return all;
}

Server::Server(const Authority& authority, uint16_t port, const std::string& device)
    : topics_("ganglion/1/" + device + "/#") {
    mosquitto_lib_init();
    client_ = mosquitto_new("server", true, this);
    mosquitto_tls_set(client_, authority.file("ca.pem").c_str(), nullptr,
                      authority.file("server.pem").c_str(), authority.file("server.key").c_str(),
                      nullptr);
    mosquitto_message_callback_set(client_, on_message);
    mosquitto_connect_callback_set(client_, [](mosquitto* client, void* self, int result) {
        if (result == 0)
            mosquitto_subscribe(client, nullptr, static_cast<Server*>(self)->topics_.c_str(), 1);
    });
    if (mosquitto_connect(client_, "localhost", port, 30) != MOSQ_ERR_SUCCESS ||
        mosquitto_loop_start(client_) != 0)
        throw std::runtime_error("the test's server cannot connect to the broker");
}

Server::~Server() {
    mosquitto_disconnect(client_);
    mosquitto_loop_stop(client_, true);
    mosquitto_destroy(client_);
}

Server::State Server::state() const {
    const std::lock_guard lock(mutex_);
    return state_;
}

void Server::set_acknowledging(bool on) {
    const std::lock_guard lock(mutex_);
    acknowledging_ = on;
}

void Server::send(const std::string& device, const std::string& leaf,
                  std::vector<uint8_t> payload) {
    mosquitto_publish(client_, nullptr, ("ganglion/1/" + device + "/" + leaf).c_str(),
                      static_cast<int>(payload.size()), payload.data(), 1, false);
}

void Server::on_message(mosquitto*, void* self, const mosquitto_message* message) {
    const std::string topic = message->topic;
    const std::string root = "ganglion/1/";
    const size_t slash = topic.rfind('/');
    if (slash < root.size()) return;
    static_cast<Server*>(self)->take(
        topic.substr(root.size(), slash - root.size()), topic.substr(slash + 1),
        {static_cast<const uint8_t*>(message->payload), static_cast<size_t>(message->payloadlen)});
}

void Server::take(const std::string& device, const std::string& leaf,
                  std::span<const uint8_t> payload) {
    const std::lock_guard lock(mutex_);
    if (leaf == "event") {
        EventBatch batch;
        if (!decode_event_batch(payload, batch)) {
            ++state_.malformed;
            return;
        }
        ++state_.batches;
        for (size_t i = 0; i < batch.count; ++i) {
            const Event& event = batch.events[i];
            if (!state_.events.emplace(Name{event.boot, event.sequence}, event).second)
                ++state_.duplicates;
        }
        if (acknowledging_) acknowledge(device, batch.events[0].boot);
    } else if (leaf == "status") {
        StatusMessage status;
        if (!decode_status(payload, status)) {
            ++state_.malformed;
            return;
        }
        state_.online.push_back(status.online);
        if (!status.online) return;
        state_.application = status.application.value_or("");
        state_.version = status.bundle_version.value_or("");
        state_.firmware = status.firmware_version.value_or("");
        state_.fault = status.fault.value_or("");
        state_.ram_bytes = status.ram_bytes.value_or(0);
        state_.flash_bytes = status.flash_bytes.value_or(0);
        state_.instructions = status.instructions.value_or(0);
        state_.rate_hz = status.rate_hz.value_or(0);
    } else if (leaf == "report") {
        ReportMessage report;
        if (decode_report(payload, report))
            state_.report = report;
        else
            ++state_.malformed;
    } else if (leaf == "share" || leaf == "begin") {
        state_.others[leaf].emplace_back(payload.begin(), payload.end());
    } else if (leaf == "gate") {
        GateChunk chunk;
        if (!decode_gate_chunk(payload, chunk)) {
            ++state_.malformed;
            return;
        }
        Opening& opening = state_.openings[chunk.opening];
        if (opening.chunks.empty()) opening.first_sample = chunk.first_sample;
        opening.chunks[chunk.first_sample].assign(chunk.samples.begin(), chunk.samples.end());
        opening.complete = opening.complete || chunk.last;
    }
}

void Server::acknowledge(const std::string& device, uint32_t boot) {
    uint32_t through = 0;
    while (state_.events.contains({boot, through + 1})) ++through;
    std::vector<uint8_t> payload(32);
    payload.resize(encode(Ack{boot, through}, payload));
    send(device, "ack", payload);
}

}  // namespace ganglion::firmware::lab
