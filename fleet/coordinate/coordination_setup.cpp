#include <cmath>
#include <set>
#include <stdexcept>

#include "fleet/coordinate/coordination_service.hpp"
#include "fleet/pki/pki.hpp"

namespace ganglion::fleet {
namespace {

using nlohmann::json;

constexpr size_t kMostFeeders = 100'000;
constexpr size_t kMostGenerators = 20;
constexpr uint32_t kHour = 3600;

[[noreturn]] void refuse(const std::string& what) {
    throw std::runtime_error("coordination: " + what);
}

double number(const json& from, const char* name, double least, std::optional<double> usual = {}) {
    const auto at = from.find(name);
    if (at == from.end() && usual) return *usual;
    if (at == from.end() || !at->is_number()) refuse(std::string(name) + " must be a number");
    const double value = at->get<double>();
    if (!std::isfinite(value) || value < least || value > 1e15)
        refuse(std::string(name) + " is out of range");
    return value;
}

const json& list(const json& from, const char* name, size_t most) {
    const auto at = from.find(name);
    if (at == from.end() || !at->is_array() || at->empty() || at->size() > most)
        refuse(std::string(name) + " must be a list of 1 to " + std::to_string(most));
    return *at;
}

std::string id_of(const json& from) {
    const auto at = from.find("id");
    std::string id = at != from.end() && at->is_string() ? at->get<std::string>() : "";
    if (!is_valid_device_id(id) || id.size() > ganglion::coordinate::SetPoint::kMostTarget)
        refuse("a feeder's id must be a device id of at most 32 characters");
    return id;
}

}  // namespace

CoordinationSetup CoordinationSetup::read(const json& from) {
    if (!from.is_object()) refuse("the setup must be an object");
    CoordinationSetup setup;
    std::set<std::string> ids;
    for (const json& feeder : list(from, "feeders", kMostFeeders)) {
        Feeder one{id_of(feeder), number(feeder, "most_taken", 1), number(feeder, "most_given", 1)};
        if (!ids.insert(one.id).second) refuse("two feeders are called " + one.id);
        setup.feeders.push_back(std::move(one));
    }
    for (const json& generator : list(from, "generators", kMostGenerators))
        setup.market.generators.push_back(
            {generator.value("name", std::string("generator")), number(generator, "most", 0),
             number(generator, "cost", 0), number(generator, "ramp", 0)});
    setup.market.imbalance_premium = number(from, "imbalance_premium", 0, 30);
    setup.market.reserve = number(from, "reserve", 0, 0);
    setup.cycle_s = static_cast<uint32_t>(number(from, "cycle_s", 60, 300));
    if (setup.cycle_s > kHour || kHour % setup.cycle_s != 0) refuse("cycle_s must divide an hour");
    setup.speed = number(from, "speed", 1, 1);
    if (setup.speed > 3600) refuse("speed is at most 3600");
    setup.start_s = static_cast<uint32_t>(number(from, "start_s", 0, 0));
    return setup;
}

json CoordinationSetup::to_json() const {
    json feeder_list = json::array();
    for (const Feeder& feeder : feeders)
        feeder_list.push_back({{"id", feeder.id},
                               {"most_taken", feeder.most_taken},
                               {"most_given", feeder.most_given}});
    json generators = json::array();
    for (const auto& generator : market.generators)
        generators.push_back({{"name", generator.name},
                              {"most", generator.most},
                              {"cost", generator.cost},
                              {"ramp", generator.ramp}});
    return {{"feeders", feeder_list},
            {"generators", generators},
            {"imbalance_premium", market.imbalance_premium},
            {"reserve", market.reserve},
            {"cycle_s", cycle_s},
            {"speed", speed},
            {"start_s", start_s}};
}

}  // namespace ganglion::fleet
