// A fleet server in a process of its own, for tests that kill it: server_process STATE_DIR. Says
// "ready PORT" when devices can connect and runs until it is told to stop.
#include <csignal>
#include <exception>
#include <iostream>

#include "fleet/server/server.hpp"

int main(int count, char** arguments) {
    if (count != 2) {
        std::cerr << "usage: server_process STATE_DIR\n";
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
