#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "device/program/tensor_info.hpp"
#include "firmware/boards/semihosting.hpp"

// Many networks on the emulated chip, one after another. Arguments: CASES OUTPUTS. CASES holds for
// each network two little-endian words (bytes of the program, 0 where it is linked in; runs), the
// program, and for each run all inputs. OUTPUTS gets all outputs of each run. A stateful network's
// runs follow one another from the initial state; what is not its state is overwritten between
// them.

namespace ganglion::chip {

struct BatchHeader {
    uint32_t program, runs;
};

/// A network in either form.
struct BatchNetwork {
    std::span<const TensorInfo> inputs, outputs;
    uint32_t arena_bytes, state_bytes;
};

/// The paths that the command line names.
class BatchArguments {
  public:
    BatchArguments() {
        std::string_view line = firmware::semihosting::command_line(buffer_);
        (void)next(line);  // the image's own name
        cases = next(line);
        outputs = next(line);
    }

  private:
    static std::string_view next(std::string_view& line) {
        const size_t end = line.find(' ');
        const std::string_view argument = line.substr(0, end);
        line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
        return argument;
    }

    std::array<char, 1024> buffer_{};

  public:
    std::string_view cases, outputs;
};

class BatchFiles {
  public:
    explicit BatchFiles(const BatchArguments& arguments)
        : cases_(arguments.cases, firmware::semihosting::Mode::read),
          outputs_(arguments.outputs, firmware::semihosting::Mode::write) {}

    bool are_open() const { return cases_.is_open() && outputs_.is_open(); }
    bool read(std::span<uint8_t> bytes) { return cases_.read(bytes) == bytes.size(); }
    /// False at the end.
    bool next(BatchHeader& header) {
        return read({reinterpret_cast<uint8_t*>(&header), sizeof header});
    }

    /// Calls reset(), then run() for each run; false where the inputs or the arena end.
    template <typename Reset, typename Run>
    bool run_all(const BatchNetwork& network, uint32_t runs, std::span<int8_t> arena, Reset reset,
                 Run run) {
        if (network.arena_bytes > arena.size()) return false;
        const auto part = [&](const TensorInfo& tensor) {
            return std::span(reinterpret_cast<uint8_t*>(arena.data()) + tensor.offset,
                             tensor.bytes);
        };
        std::memset(arena.data(), 99, network.arena_bytes);
        reset();
        for (uint32_t n = 0; n < runs; ++n) {
            for (const TensorInfo& input : network.inputs) {
                if (!read(part(input))) return false;
            }
            run();
            for (const TensorInfo& output : network.outputs) outputs_.write(part(output));
            std::memset(arena.data() + network.state_bytes, 99,
                        network.arena_bytes - network.state_bytes);
        }
        return true;
    }

  private:
    firmware::semihosting::File cases_, outputs_;
};

inline int batch_fail(const char* message) {
    firmware::semihosting::write_text(message);
    return 1;
}

}  // namespace ganglion::chip
