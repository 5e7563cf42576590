#include "fleet/gateway/lines_in.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "fleet/gateway/line.hpp"

namespace ganglion::fleet {
namespace {

constexpr size_t kMostSources = 256;
constexpr size_t kReadBytes = 16'384;
constexpr int kLookEveryMs = 1000;

speed_t speed_of(uint32_t baud) {
    switch (baud) {
        case 9600:
            return B9600;
        case 19'200:
            return B19200;
        case 38'400:
            return B38400;
        case 57'600:
            return B57600;
        case 115'200:
            return B115200;
        case 230'400:
            return B230400;
        case 921'600:
            return B921600;
        default:
            throw std::runtime_error("a serial port has no such speed: " + std::to_string(baud));
    }
}

int listen_on(const std::string& address, uint16_t port) {
    sockaddr_in place{};
    place.sin_family = AF_INET;
    place.sin_port = htons(port);
    if (::inet_pton(AF_INET, address.c_str(), &place.sin_addr) != 1)
        throw std::runtime_error(address + " is no IPv4 address");
    const int file = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int yes = 1;
    ::setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (::bind(file, reinterpret_cast<const sockaddr*>(&place), sizeof place) != 0 ||
        ::listen(file, SOMAXCONN) != 0) {
        const std::string reason = std::strerror(errno);
        ::close(file);
        throw std::runtime_error("cannot listen on " + address + ":" + std::to_string(port) + ": " +
                                 reason);
    }
    return file;
}

uint16_t port_of(int listening) {
    sockaddr_in place{};
    socklen_t size = sizeof place;
    ::getsockname(listening, reinterpret_cast<sockaddr*>(&place), &size);
    return ntohs(place.sin_port);
}

/// -1 where it is not there.
int open_port(const std::filesystem::path& path, speed_t speed) {
    const int file = ::open(path.c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (file < 0) return -1;
    termios settings{};
    if (::tcgetattr(file, &settings) == 0) {
        ::cfmakeraw(&settings);
        settings.c_cflag |= CLOCAL | CREAD;
        ::cfsetspeed(&settings, speed);
        ::tcsetattr(file, TCSANOW, &settings);
    }
    return file;
}

}  // namespace

LinesIn::LinesIn(Config config, Take take, Log log)
    : config_(std::move(config)), take_(std::move(take)), log_(std::move(log)) {
    speed_of(config_.baud);
    listening_ = listen_on(config_.address, config_.port);
    port_ = port_of(listening_);
    wake_ = ::eventfd(0, EFD_CLOEXEC);
    for (const auto& path : config_.serial) sources_.push_back({-1, "", path});
    worker_ = std::thread([this] { work(); });
}

LinesIn::~LinesIn() {
    const uint64_t one = 1;
    if (::write(wake_, &one, sizeof one) == sizeof one) worker_.join();
    for (const Source& source : sources_)
        if (source.file >= 0) ::close(source.file);
    ::close(listening_);
    ::close(wake_);
}

void LinesIn::work() {
    for (;;) {
        open_serial();
        std::vector<pollfd> files{{wake_, POLLIN, 0}, {listening_, POLLIN, 0}};
        for (const Source& source : sources_) files.push_back({source.file, POLLIN, 0});
        ::poll(files.data(), files.size(), kLookEveryMs);
        if (files[0].revents != 0) return;
        for (size_t i = 0; i < sources_.size(); ++i) {
            Source& source = sources_[i];
            if (files[i + 2].revents == 0 || read_from(source)) continue;
            ::close(std::exchange(source.file, -1));
            source.bytes.clear();
            if (!source.serial.empty()) log_("gateway: " + source.serial.string() + " is gone");
        }
        std::erase_if(sources_, [](const Source& source) {
            return source.file < 0 && source.serial.empty();
        });
        if (files[1].revents != 0) accept_one();
    }
}

void LinesIn::open_serial() {
    for (Source& source : sources_) {
        if (source.serial.empty() || source.file >= 0) continue;
        source.file = open_port(source.serial, speed_of(config_.baud));
        if (source.file >= 0) log_("gateway: listens to " + source.serial.string());
    }
}

void LinesIn::accept_one() {
    const int file = ::accept4(listening_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (file < 0) return;
    if (sources_.size() >= kMostSources) {
        ::close(file);
        return;
    }
    sources_.push_back({file, "", {}});
}

/// False when it has ended.
bool LinesIn::read_from(Source& source) {
    std::array<char, kReadBytes> bytes;
    const ssize_t size = ::read(source.file, bytes.data(), bytes.size());
    if (size < 0) return errno == EAGAIN || errno == EINTR;
    if (size == 0) return false;
    source.bytes.append(bytes.data(), static_cast<size_t>(size));
    std::vector<std::string> lines;
    size_t begin = 0;
    for (size_t end = source.bytes.find('\n'); end != std::string::npos;
         end = source.bytes.find('\n', begin)) {
        std::string line = source.bytes.substr(begin, end - begin);
        if (line.ends_with('\r')) line.pop_back();
        if (!line.empty()) lines.push_back(std::move(line));
        begin = end + 1;
    }
    source.bytes.erase(0, begin);
    // The rest of what is too long is refused when its end comes.
    if (source.bytes.size() > kMaxLine) source.bytes.resize(kMaxLine + 1);
    return lines.empty() || answer(source, lines);
}

/// False when it does not read its answers. Half an answer must not be the beginning of the next,
/// so that is its end; when it comes again, it sends again what it heard no answer to.
bool LinesIn::answer(const Source& source, const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& one : take_(lines)) text += one + "\n";
    const ssize_t written = ::write(source.file, text.data(), text.size());
    if (written == static_cast<ssize_t>(text.size())) return true;
    log_("gateway: answers were not taken" +
         (written < 0 ? ": " + std::string(std::strerror(errno)) : std::string()));
    return false;
}

}  // namespace ganglion::fleet
