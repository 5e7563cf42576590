#include "fleet/alert/courier.hpp"

#include <algorithm>
#include <stdexcept>

#include "fleet/alert/send.hpp"

namespace ganglion::fleet {
namespace {

constexpr uint32_t kMostInAMessage = 200;

}  // namespace

std::vector<std::string> Courier::round(int64_t now_ms) {
    std::vector<std::string> faults;
    for (const Channel& channel : incidents_.channels()) {
        const std::vector<Delivery> due = incidents_.due(channel.name, now_ms, kMostInAMessage);
        if (due.empty() || now_ms - incidents_.last_sent_ms(channel.name) < times_.pace_ms)
            continue;
        try {
            send(channel, due, now_ms);
        } catch (const std::runtime_error& error) {
            uint32_t attempts = 0;
            for (const Delivery& delivery : due) attempts = std::max(attempts, delivery.attempts);
            const int64_t pause =
                std::min(times_.longest_retry_ms, times_.first_retry_ms << std::min(attempts, 20U));
            incidents_.failed(due, now_ms + pause, error.what());
            faults.push_back("channel " + channel.name + ": " + error.what() + "; again in " +
                             std::to_string(pause / 1000) + " s");
            continue;
        }
        incidents_.sent(due, now_ms);
    }
    return faults;
}

}  // namespace ganglion::fleet
