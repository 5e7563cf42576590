#include "fleet/together/terms_json.hpp"

#include <algorithm>
#include <stdexcept>

namespace ganglion::fleet::together {

using nlohmann::json;

json to_json(const device::ShareTerms& terms) {
    return {{"centre", std::vector<int>(terms.centre.begin(), terms.centre.begin() + terms.count)},
            {"radius", terms.radius},
            {"sigma", terms.sigma},
            {"period_s", terms.period_s},
            {"contributions", terms.contributions},
            {"wider", terms.wider}};
}

device::ShareTerms terms_from(const json& from) {
    device::ShareTerms terms;
    const auto number = [&](const char* name) {
        const auto value = from.find(name);
        if (value == from.end() || !value->is_number_unsigned() || *value > UINT32_MAX)
            throw std::runtime_error(std::string(name) + " must be a whole number");
        return value->get<uint32_t>();
    };
    const auto centre = from.is_object() ? from.find("centre") : from.end();
    if (centre == from.end() || !centre->is_array() || centre->empty() ||
        centre->size() > terms.centre.size() ||
        !std::ranges::all_of(*centre, [](const json& value) {
            return value.is_number_integer() && value >= INT16_MIN && value <= INT16_MAX;
        }))
        throw std::runtime_error("centre must be one to eight whole numbers of 16 bits");
    std::ranges::copy(centre->get<std::vector<int16_t>>(), terms.centre.begin());
    terms.count = static_cast<uint32_t>(centre->size());
    terms.radius = number("radius");
    terms.sigma = number("sigma");
    terms.period_s = number("period_s");
    terms.contributions = number("contributions");
    terms.wider = number("wider");
    if (!terms.valid())
        throw std::runtime_error(
            "radius must be 1 to 16384, sigma 1 to 4096, period_s at least 1, contributions 1 to "
            "1000, wider at most 4096");
    return terms;
}

}  // namespace ganglion::fleet::together
