#include "firmware/emulator/board.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iterator>
#include <mutex>
#include <random>
#include <stdexcept>
#include <thread>

#include "firmware/emulator/flash_image.hpp"
#include "firmware/emulator/process.hpp"
#include "firmware/emulator/qmp.hpp"

namespace ganglion::firmware {
namespace {

using std::chrono::milliseconds;

constexpr uint32_t kHostAddress =
    10U << 24 | 2 << 8 | 2;  // 10.0.2.2: the host, seen from the board
constexpr milliseconds kPoll{2};
constexpr milliseconds kEndTimeOut{3000};

std::string read_all(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::string last_line(std::string text) {
    while (!text.empty() && text.back() == '\n') text.pop_back();
    const size_t start = text.rfind('\n');
    return start == std::string::npos ? text : text.substr(start + 1);
}

// mbedTLS reads PEM up to and with a zero byte.
std::string terminated(const std::string& pem) {
    return pem + '\0';
}

/// Commas separate options on the emulator's command line; a doubled one stands for itself.
std::string option_value(const std::filesystem::path& path) {
    std::string escaped;
    for (char c : std::filesystem::absolute(path).string())
        escaped += c == ',' ? ",," : std::string(1, c);
    return escaped;
}

}  // namespace

struct EmulatedBoard::Impl {
    explicit Impl(BoardConfig given) : config(std::move(given)) {
        std::filesystem::create_directories(config.work_dir);
        if (config.image.has_parent_path())
            std::filesystem::create_directories(config.image.parent_path());
        for (const auto& file : {console(), records()}) std::filesystem::remove(file);
        image = std::make_unique<FlashImage>(config.image);
    }

    std::filesystem::path console() const { return config.work_dir / "console.log"; }
    std::filesystem::path records() const { return config.work_dir / "stop_line.bin"; }
    std::filesystem::path log() const { return config.work_dir / "emulator.log"; }
    std::filesystem::path trace(unsigned of_start) const {
        return config.work_dir / ("trace." + std::to_string(of_start) + ".log");
    }

    void provision() const {
        const BoardIdentity& identity = config.identity;
        const std::string authority = terminated(identity.authority);
        const std::string certificate = terminated(identity.certificate);
        const std::string private_key = terminated(identity.private_key);
        const std::string bundle_key = terminated(identity.bundle_key);
        Provisioning provisioning;
        provisioning.device_id = identity.device_id;
        provisioning.broker_address = kHostAddress;
        provisioning.broker_port = identity.broker_port;
        provisioning.broker_name = identity.broker_name;
        provisioning.unix_time = static_cast<uint64_t>(std::time(nullptr));
        std::random_device entropy;
        for (uint8_t& byte : provisioning.seed) byte = static_cast<uint8_t>(entropy());
        provisioning.authority = authority;
        provisioning.certificate = certificate;
        provisioning.private_key = private_key;
        provisioning.bundle_key = bundle_key;
        provisioning.coordinator = identity.coordinator;
        image->write_provisioning(provisioning);
    }

    std::vector<std::string> command(int control_socket) const {
        const auto appended = [](const std::string& id, const std::filesystem::path& file) {
            return "file,id=" + id + ",append=on,path=" + option_value(file);
        };
        return {
            config.emulator,
            "-M",
            "mps2-an386",
            "-display",
            "none",
            "-nodefaults",
            "-kernel",
            config.firmware.string(),
            "-nic",
            "user,id=n0,model=lan9118",
            "-semihosting-config",
            "enable=on,target=native",
            "-icount",
            config.pace == Pace::fast ? "shift=5,sleep=off" : "shift=5,sleep=on,align=on",
            "-object",
            "memory-backend-file,id=flash,size=16M,share=on,mem-path=" + option_value(config.image),
            "-machine",
            "memory-backend=flash",
            "-chardev",
            appended("console", console()),
            "-serial",
            "chardev:console",
            "-serial",
            "null",
            "-chardev",
            appended("records", records()),
            "-serial",
            "chardev:records",
            "-chardev",
            "socket,id=control,fd=" + std::to_string(control_socket),
            "-mon",
            "chardev=control,mode=control",
            "-trace",
            "enable=mps2_fpgaio_write",
            "-D",
            trace(starts).string()};
    }

    void launch() {
        int sockets[2];
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0)
            throw std::runtime_error(std::string("control channel: ") + std::strerror(errno));
        try {
            const std::lock_guard lock(mutex);
            process = std::make_shared<Process>(command(sockets[1]), sockets[1], log());
        } catch (...) {
            ::close(sockets[0]);
            ::close(sockets[1]);
            throw;
        }
        ::close(sockets[1]);
        try {
            control = std::make_unique<Qmp>(sockets[0]);
        } catch (const std::runtime_error& error) {
            end();
            throw std::runtime_error(std::string(error.what()) + ": " + last_line(read_all(log())));
        }
    }

    std::shared_ptr<Process> current() const {
        const std::lock_guard lock(mutex);
        return process;
    }

    void end() {
        control.reset();
        if (const auto running = current()) running->kill();
    }

    BoardConfig config;
    std::unique_ptr<FlashImage> image;
    mutable std::mutex mutex;  // of `process`
    std::shared_ptr<Process> process;
    std::unique_ptr<Qmp> control;
    unsigned starts = 0;
};

EmulatedBoard::EmulatedBoard(BoardConfig config)
    : impl_(std::make_unique<Impl>(std::move(config))) {}

EmulatedBoard::~EmulatedBoard() {
    kill();
}

void EmulatedBoard::start() {
    if (running())
        throw std::runtime_error("board " + impl_->config.identity.device_id + ": runs already");
    if (!std::filesystem::exists(impl_->config.firmware))
        throw std::runtime_error("firmware " + impl_->config.firmware.string() +
                                 ": not there; build it with: cmake --preset cortex-m4 && cmake "
                                 "--build --preset cortex-m4");
    impl_->provision();
    if (!impl_->config.bundle.empty()) impl_->image->write_bundle(impl_->config.bundle);
    if (impl_->config.factory) impl_->image->write_factory(*impl_->config.factory);
    impl_->image->reset_port(impl_->config.pace == Pace::fast, impl_->config.speed);
    ++impl_->starts;
    impl_->launch();
}

void EmulatedBoard::stop() {
    if (!running()) return;
    try {
        impl_->control->command("quit");
    } catch (const std::runtime_error&) {
        // It may end before it has answered.
    }
    impl_->current()->wait(kEndTimeOut);
    impl_->end();
}

void EmulatedBoard::kill() {
    impl_->end();
}

bool EmulatedBoard::running() const {
    const auto process = impl_->current();
    return process && process->running();
}

void EmulatedBoard::set_network(bool up) {
    if (!running())
        throw std::runtime_error("board " + impl_->config.identity.device_id + ": does not run");
    impl_->control->command("set_link",
                            std::string(R"({"name": "n0", "up": )") + (up ? "true}" : "false}"));
}

bool EmulatedBoard::feed(std::span<const int16_t> samples) {
    const auto process = impl_->current();
    while (true) {
        samples = samples.subspan(impl_->image->put(samples));
        if (!process || !process->running()) return false;
        if (samples.empty()) return true;
        std::this_thread::sleep_for(kPoll);
    }
}

void EmulatedBoard::end_of_samples() {
    impl_->image->port().ended = 1;
}

void EmulatedBoard::more_samples() {
    impl_->image->port().ended = 0;
    impl_->image->port().finished = 0;
}

bool EmulatedBoard::wait_finished(milliseconds time_out) const {
    const auto deadline = std::chrono::steady_clock::now() + time_out;
    while (impl_->image->port().finished == 0) {
        if (!running() || std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(kPoll);
    }
    return true;
}

SamplePort EmulatedBoard::state() const {
    SamplePort copy;
    const volatile auto* from = reinterpret_cast<const volatile uint32_t*>(&impl_->image->port());
    std::array<uint32_t, sizeof(SamplePort) / sizeof(uint32_t)> words;
    for (size_t i = 0; i < words.size(); ++i) words[i] = from[i];
    std::memcpy(&copy, words.data(), sizeof copy);
    return copy;
}

std::vector<LineEdge> EmulatedBoard::edges(Line line) const {
    const std::string bytes = read_all(impl_->records());
    std::vector<LineEdge> edges;
    for (size_t at = 0; at + sizeof(LineEdgeRecord) <= bytes.size(); at += sizeof(LineEdgeRecord)) {
        LineEdgeRecord record;
        std::memcpy(&record, bytes.data() + at, sizeof record);
        if (record.magic != LineEdgeRecord::kMagic)
            throw std::runtime_error(impl_->records().string() + ": not a record of edges");
        if (record.line != static_cast<uint16_t>(line)) continue;
        edges.push_back({line, record.level != 0, record.tick, record.sample, record.instructions,
                         record.in_handshake != 0});
    }
    return edges;
}

std::vector<bool> EmulatedBoard::witnessed_levels(Line line) const {
    const unsigned long wanted = line == Line::light ? 0x4c : 0;  // registers of board.cpp
    const unsigned long bit = line == Line::stop ? 1 : line == Line::relay ? 2 : 0x40;
    std::vector<bool> levels;
    for (unsigned start = 1; start <= impl_->starts; ++start) {
        std::ifstream in(impl_->trace(start));
        bool first = true;
        for (std::string text; std::getline(in, text);) {
            unsigned long offset = 0;
            unsigned long data = 0;
            const size_t at = text.find("offset 0x");
            if (text.find("mps2_fpgaio_write") == std::string::npos || at == std::string::npos ||
                std::sscanf(text.c_str() + at, "offset 0x%lx data 0x%lx", &offset, &data) != 2)
                continue;
            const bool level = (data & bit) != 0;
            if (offset != wanted || (!first && level == levels.back())) continue;
            levels.push_back(level);
            first = false;
        }
    }
    return levels;
}

std::string EmulatedBoard::console() const {
    return read_all(impl_->console());
}
std::filesystem::path EmulatedBoard::console_file() const {
    return impl_->console();
}

}  // namespace ganglion::firmware
