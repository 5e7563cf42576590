// Runs a model once and tells the host how many bytes of stack were never touched.
#include "firmware/boards/cortex_m/startup.hpp"
#include "firmware/boards/semihosting.hpp"
#include "network.hpp"

alignas(16) static int8_t arena[network::arena_bytes];

int main() {
    if constexpr (network::state_bytes != 0) network::reset(arena);
    network::invoke(arena);
    char text[12] = {};
    char* digit = text + sizeof text - 2;
    *digit = '\n';
    for (uint32_t bytes = ganglion::firmware::main_stack_free(); bytes > 0; bytes /= 10)
        *--digit = static_cast<char>('0' + bytes % 10);
    ganglion::firmware::semihosting::write_text(digit);
    return 0;
}
