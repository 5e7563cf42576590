// The linked-in form: C++ that emit_cpp() wrote under the name `network`.
#include "compile/chip/form.hpp"
#include "network.hpp"

namespace ganglion::chip {

bool prepare(std::string_view) {
    return true;
}
bool install() {
    return true;
}
void set_up() {}
const TensorInfo& input() {
    return network::input;
}
const TensorInfo& output() {
    return network::output;
}
uint32_t arena_bytes() {
    return network::arena_bytes;
}
uint32_t state_bytes() {
    return network::state_bytes;
}
void reset(std::span<int8_t> arena) {
    network::reset(arena.data());
}
void run(std::span<int8_t> arena) {
    network::invoke(arena.data());
}

}  // namespace ganglion::chip
