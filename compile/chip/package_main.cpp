// Runs an emitted network over inputs from a file of the host, on the emulated chip: INPUTS
// OUTPUTS. Knows only the network's one header and the board.
#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "firmware/boards/semihosting.hpp"
#include "network.hpp"

namespace {

namespace semihosting = ganglion::firmware::semihosting;

alignas(16) int8_t arena[network::arena_bytes];

std::string_view next_argument(std::string_view& line) {
    const size_t end = line.find(' ');
    const std::string_view argument = line.substr(0, end);
    line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
    return argument;
}

}  // namespace

int main() {
    std::array<char, 1024> buffer{};
    std::string_view line = semihosting::command_line(buffer);
    (void)next_argument(line);  // the image's own name
    semihosting::File inputs(next_argument(line), semihosting::Mode::read);
    semihosting::File outputs(next_argument(line), semihosting::Mode::write);
    if (!inputs.is_open() || !outputs.is_open()) return 1;
    auto* bytes = reinterpret_cast<uint8_t*>(arena);
    const std::span input(bytes + network::input.offset, network::input.bytes);
    const std::span output(bytes + network::output.offset, network::output.bytes);
    network::reset(arena);
    while (inputs.read(input) == input.size()) {
        network::invoke(arena);
        if (!outputs.write(output)) return 1;
    }
    return 0;
}
