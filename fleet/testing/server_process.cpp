// A fleet server in a process of its own, for tests that kill it: server_process STATE_DIR; with a
// PostgreSQL's URI behind it one that stands by for others with that folder. Says "ready PORT" when
// devices can connect and runs until it is told to stop.
#include <csignal>
#include <ctime>
#include <exception>
#include <iostream>
#include <memory>

#include "fleet/server/server.hpp"
#include "fleet/server/stand_by.hpp"

int main(int count, char** arguments) {
    if (count != 2 && count != 3) {
        std::cerr << "usage: server_process STATE_DIR [STORE]\n";
        return 2;
    }
    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ending, nullptr);
    try {
        ganglion::fleet::ServerConfig config;
        config.state_dir = arguments[1];
        config.log = ganglion::fleet::stderr_log();
        std::unique_ptr<ganglion::fleet::Lease> lease;
        if (count == 3) {
            config.store = arguments[2];
            const timespec now{};
            lease = stand_by(config, [&] { return sigtimedwait(&ending, nullptr, &now) > 0; });
            if (!lease) return 0;
        }
        ganglion::fleet::Server server(config);
        server.start();
        std::cout << "ready " << server.http_port() << std::endl;
        int signal = 0;
        sigwait(&ending, &signal);
    } catch (const std::exception& error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
    return 0;
}
