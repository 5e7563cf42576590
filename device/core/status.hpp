#pragma once

#include <cstdint>

namespace ganglion {

/// The one result type of device code. Anything that comes from outside (a program, a bundle, a
/// packet, a flash page) is checked when it is loaded; after that, execution cannot fail.
enum class Status : uint8_t {
    ok,
    truncated,      ///< the input ends before what its header promises
    bad_magic,      ///< the first bytes are not this format's
    bad_version,    ///< the format is known, its version is not
    bad_checksum,   ///< stored and computed digests differ
    bad_offset,     ///< an offset or size points outside its container
    bad_shape,      ///< dimensions are zero, too large or do not fit each other
    bad_value,      ///< a field holds a value its format does not allow
    unsupported,    ///< well formed, but this build has no code for it
    too_large,      ///< needs more memory than this device set aside
    full,           ///< no room left (outbox, queue)
    not_found,      ///< nothing stored under this name
    bad_signature,  ///< not signed by a key this device trusts
    proof_failed,   ///< a bundle did not reproduce its own test vectors on this device
    io_error,       ///< a driver reported failure
    stale,          ///< older than what this device has, or has already been tried here
    wrong_device,   ///< made for other hardware or another device
    unmet,          ///< needs something installed that is not: a dependency, a delta's base
    too_slow,       ///< a bundle's proof took more instructions than the bundle states
};

/// Short lower-case name for logs; never null.
constexpr const char* to_string(Status status) {
    switch (status) {
        case Status::ok:
            return "ok";
        case Status::truncated:
            return "truncated";
        case Status::bad_magic:
            return "bad magic";
        case Status::bad_version:
            return "bad version";
        case Status::bad_checksum:
            return "bad checksum";
        case Status::bad_offset:
            return "bad offset";
        case Status::bad_shape:
            return "bad shape";
        case Status::bad_value:
            return "bad value";
        case Status::unsupported:
            return "unsupported";
        case Status::too_large:
            return "too large";
        case Status::full:
            return "full";
        case Status::not_found:
            return "not found";
        case Status::bad_signature:
            return "bad signature";
        case Status::proof_failed:
            return "proof failed";
        case Status::io_error:
            return "I/O error";
        case Status::stale:
            return "stale";
        case Status::wrong_device:
            return "made for another device";
        case Status::unmet:
            return "dependency not met";
        case Status::too_slow:
            return "takes more instructions than it states";
    }
    return "unknown status";
}

}  // namespace ganglion
