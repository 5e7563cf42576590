#pragma once

#include <string>

#if defined(__x86_64__)
#include "device/kernels/x86/paths.hpp"
#endif

namespace ganglion::compile {

/// Calls visit(name) once for each set of kernels that this machine can run, which are then in use.
template <typename Visit>
void for_each_kernel_path(Visit visit) {
#if defined(__x86_64__)
    struct Restore {
        x86::Path path = x86::path();
        ~Restore() { x86::use(path); }
    } restore;
    for (const auto& [path, name] : {std::pair{x86::Path::portable, "portable kernels"},
                                     std::pair{x86::Path::avx2, "AVX2 kernels"},
                                     std::pair{x86::Path::avx512_vnni, "AVX-512 VNNI kernels"}}) {
        if (!x86::is_available(path)) continue;
        x86::use(path);
        visit(std::string(name));
    }
#else
    visit(std::string("portable kernels"));
#endif
}

}  // namespace ganglion::compile
