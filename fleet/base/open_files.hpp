#pragma once

#include <sys/resource.h>

#include <cstdint>

namespace ganglion::fleet {

/// Lets this process, and those it begins from now on, hold as many files and connections open as
/// the system lets them (Debian begins a login with 1024). How many.
inline uint64_t allow_open_files() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

}  // namespace ganglion::fleet
