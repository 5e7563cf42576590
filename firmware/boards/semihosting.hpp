#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

/// Semihosting ("Semihosting for AArch32 and AArch64", 2.0, which RISC-V follows): the emulator's
/// files and exit, for tests that run on the chip. The agent itself reads no files.
namespace ganglion::firmware::semihosting {

enum class Operation : uint32_t {
    open = 0x01,
    close = 0x02,
    write0 = 0x04,
    write = 0x05,
    read = 0x06,
    flen = 0x0c,
    get_cmdline = 0x15,
    exit_extended = 0x20,
};

inline int32_t call(Operation operation, const void* argument) {
#if defined(__riscv)
    register uint32_t result asm("a0") = static_cast<uint32_t>(operation);
    register const void* block asm("a1") = argument;
    // "RISC-V Semihosting" 0.3: three instructions of four bytes.
    asm volatile(
        ".balign 16           \n"
        ".option push         \n"
        ".option norvc        \n"
        "slli zero, zero, 0x1f \n"
        "ebreak               \n"
        "srai zero, zero, 7   \n"
        ".option pop          \n"
        : "+r"(result)
        : "r"(block)
        : "memory");
#else
    register uint32_t result asm("r0") = static_cast<uint32_t>(operation);
    register const void* block asm("r1") = argument;
    asm volatile("bkpt 0xab" : "+r"(result) : "r"(block) : "memory");
#endif
    return static_cast<int32_t>(result);
}

/// `text` must end with a zero byte, as literals do.
inline void write_text(const char* text) {
    call(Operation::write0, text);
}

[[noreturn]] inline void exit(int code) {
    constexpr uint32_t kApplicationExit = 0x20026;
    const uint32_t block[2] = {kApplicationExit, static_cast<uint32_t>(code)};
    call(Operation::exit_extended, block);
    while (true) asm volatile("wfi");
}

/// Arguments given with `-semihosting-config arg=…`, joined by blanks; empty where they do not fit.
inline std::string_view command_line(std::span<char> buffer) {
    struct {
        char* text;
        uint32_t size;
    } block{buffer.data(), static_cast<uint32_t>(buffer.size())};
    if (call(Operation::get_cmdline, &block) != 0) return {};
    return {block.text, block.size};
}

enum class Mode : uint32_t { read = 1, write = 5 };

/// A file of the host. Reads and writes block the emulator.
class File {
  public:
    File(std::string_view path, Mode mode) {
        // The call wants a terminated path.
        char terminated[256];
        if (path.size() >= sizeof terminated) return;
        for (size_t i = 0; i < path.size(); ++i) terminated[i] = path[i];
        terminated[path.size()] = 0;
        const uint32_t block[3] = {address(terminated), static_cast<uint32_t>(mode),
                                   static_cast<uint32_t>(path.size())};
        handle_ = call(Operation::open, block);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    ~File() {
        if (is_open()) {
            const uint32_t block[1] = {static_cast<uint32_t>(handle_)};
            call(Operation::close, block);
        }
    }

    bool is_open() const { return handle_ > 0; }

    /// Bytes read: fewer than asked for at the end of the file.
    size_t read(std::span<uint8_t> into) {
        const uint32_t block[3] = {static_cast<uint32_t>(handle_), address(into.data()),
                                   static_cast<uint32_t>(into.size())};
        const int32_t left = call(Operation::read, block);
        return left < 0 ? 0 : into.size() - static_cast<size_t>(left);
    }

    bool write(std::span<const uint8_t> bytes) {
        const uint32_t block[3] = {static_cast<uint32_t>(handle_), address(bytes.data()),
                                   static_cast<uint32_t>(bytes.size())};
        return call(Operation::write, block) == 0;
    }

    /// Length in bytes; 0 where the host cannot tell.
    size_t size() const {
        const uint32_t block[1] = {static_cast<uint32_t>(handle_)};
        const int32_t length = call(Operation::flen, block);
        return length < 0 ? 0 : static_cast<size_t>(length);
    }

  private:
    static uint32_t address(const void* pointer) { return reinterpret_cast<uintptr_t>(pointer); }

    int32_t handle_ = -1;
};

}  // namespace ganglion::firmware::semihosting
