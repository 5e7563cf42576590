// The smallest firmware that runs a model: what its flash and static data cost, with no input or
// output.
#include "network.hpp"

alignas(16) static int8_t arena[network::arena_bytes];

int main() {
    if constexpr (network::state_bytes != 0) network::reset(arena);
    network::invoke(arena);
    return 0;
}
