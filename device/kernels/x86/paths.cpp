#include "device/kernels/x86/paths.hpp"

namespace ganglion::x86 {
namespace {

constinit const Kernels* chosen = nullptr;

// Before main and before the first kernel: until then the portable ones serve.
[[gnu::constructor]] void choose() {
    if (is_available(Path::avx512_vnni)) return use(Path::avx512_vnni);
    if (is_available(Path::avx2)) use(Path::avx2);
}

}  // namespace

bool is_available(Path path) {
    __builtin_cpu_init();
    switch (path) {
        case Path::avx512_vnni:
            return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                   __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
                   __builtin_cpu_supports("avx512vnni");
        case Path::avx2:
            return __builtin_cpu_supports("avx2");
        default:
            return true;
    }
}

Path path() {
    if (chosen == &avx512_kernels) return Path::avx512_vnni;
    return chosen == &avx2_kernels ? Path::avx2 : Path::portable;
}

void use(Path path) {
    chosen = path == Path::avx512_vnni ? &avx512_kernels
             : path == Path::avx2      ? &avx2_kernels
                                       : nullptr;
}

const Kernels* kernels() {
    return chosen;
}

}  // namespace ganglion::x86
