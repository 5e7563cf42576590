#include "device/together/discrete_gaussian.hpp"

namespace ganglion::together {
namespace {

// Below `most`, every number equally likely.
uint64_t uniform(uint64_t most, const RandomWords& random) {
    const uint64_t tail = UINT64_MAX % most;
    for (;;) {
        const uint64_t word = random.next(random.context);
        if (word <= UINT64_MAX - tail - 1 || tail == most - 1) return word % most;
    }
}

// True with probability exp(-above / below), for above <= below.
bool bernoulli_exp_small(uint64_t above, uint64_t below, const RandomWords& random) {
    for (uint64_t k = 1;; ++k)
        if (uniform(below * k, random) >= above) return k % 2 == 1;
}

bool bernoulli_exp(uint64_t above, uint64_t below, const RandomWords& random) {
    for (; above > below; above -= below)
        if (!bernoulli_exp_small(1, 1, random)) return false;
    return bernoulli_exp_small(above, below, random);
}

int64_t discrete_laplace(uint64_t scale, const RandomWords& random) {
    for (;;) {
        const uint64_t low = uniform(scale, random);
        if (!bernoulli_exp_small(low, scale, random)) continue;
        uint64_t high = 0;
        while (bernoulli_exp_small(1, 1, random)) ++high;
        const auto size = static_cast<int64_t>(low + scale * high);
        const bool negative = uniform(2, random) == 0;
        if (negative && size == 0) continue;  // zero once, not twice
        return negative ? -size : size;
    }
}

}  // namespace

int32_t discrete_gaussian(uint32_t sigma, const RandomWords& random) {
    const uint64_t scale = uint64_t{sigma} + 1;
    const uint64_t square = uint64_t{sigma} * sigma;
    for (;;) {
        const int64_t draw = discrete_laplace(scale, random);
        const auto size = static_cast<uint64_t>(draw < 0 ? -draw : draw);
        if (size > 32 * scale) continue;  // with probability below exp(-32)
        // exp(-(size - square / scale)^2 / (2 square)), both times scale^2.
        const uint64_t at = size * scale;
        const uint64_t off = at > square ? at - square : square - at;
        if (bernoulli_exp(off * off, 2 * square * scale * scale, random))
            return static_cast<int32_t>(draw);
    }
}

}  // namespace ganglion::together
