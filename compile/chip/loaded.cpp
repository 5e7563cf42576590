// The loadable form: a program read from a file of the host.
#include "compile/chip/form.hpp"
#include "firmware/boards/semihosting.hpp"

namespace ganglion::chip {
namespace {

alignas(16) uint8_t program_bytes[1024 * 1024];
size_t program_size = 0;
Program program;

}  // namespace

bool prepare(std::string_view path) {
    firmware::semihosting::File file(path, firmware::semihosting::Mode::read);
    if (!file.is_open()) return false;
    program_size = file.read(program_bytes);
    return true;
}

bool install() {
    return program.load(std::span(program_bytes).first(program_size)) == Status::ok;
}

void set_up() {
    program.reopen(program_bytes);
}

const TensorInfo& input() {
    return program.input();
}
const TensorInfo& output() {
    return program.output();
}
uint32_t arena_bytes() {
    return program.arena_bytes();
}
uint32_t state_bytes() {
    return program.state_bytes();
}
void reset(std::span<int8_t> arena) {
    program.reset(arena);
}
void run(std::span<int8_t> arena) {
    program.run(arena);
}

}  // namespace ganglion::chip
