#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>

#include "fleet/client/api_client.hpp"

namespace ganglion::cli {

/// Where the page and the API are when nobody says otherwise.
constexpr uint16_t kDefaultHttpPort = 8042;

/// --host, --port and the token from the environment, where a command line could be read by others.
inline void add_address_options(CLI::App& command, fleet::ApiAddress& address) {
    command
        .add_option("--host", address.host, "of the fleet server; https://HOST where it speaks TLS")
        ->envname("GANGLION_HOST")
        ->capture_default_str();
    command
        .add_option("--tls-ca", address.tls_ca,
                    "at https: who has signed its certificate (PEM), where this machine does not "
                    "trust him anyway")
        ->envname("GANGLION_TLS_CA");
    command.add_option("--port", address.port, "of the fleet server")->capture_default_str();
    command.add_option("--token", address.token, "of an operator; better in GANGLION_TOKEN")
        ->envname("GANGLION_TOKEN");
    command
        .add_option("--organisation", address.organisation,
                    "where to log in or enrol without a token; none: the installation's own")
        ->envname("GANGLION_ORGANISATION");
}

}  // namespace ganglion::cli
