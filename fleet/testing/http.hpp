#pragma once

#include <httplib.h>

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <utility>

namespace ganglion::fleet::testing {

/// A client of a server on this machine that waits as long as a busy machine may take.
inline httplib::Client patient_client(uint16_t port) {
    constexpr auto limit = std::chrono::seconds(60);
    httplib::Client client("127.0.0.1", port);
    client.set_connection_timeout(limit);
    client.set_read_timeout(limit);
    client.set_write_timeout(limit);
    return client;
}

/// The result where there is an answer. To look into one without would end the whole program.
inline httplib::Result answered(httplib::Result result) {
    if (!result) throw std::runtime_error("no answer: " + httplib::to_string(result.error()));
    return result;
}

}  // namespace ganglion::fleet::testing
