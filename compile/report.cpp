#include "compile/report.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace ganglion::compile {
namespace {

std::string shape_text(const std::vector<uint32_t>& shape) {
    return fmt::format("{}", fmt::join(shape, "x"));
}

}  // namespace

nlohmann::json to_json(const Report& report) {
    nlohmann::json layers = nlohmann::json::array();
    for (const LayerReport& layer : report.layers) {
        nlohmann::json one = {{"operation", layer.operation},
                              {"operator", layer.source},
                              {"tensor", layer.tensor},
                              {"turns", layer.turns},
                              {"output_shape", layer.output_shape},
                              {"macs", layer.macs},
                              {"constant_bytes", layer.constant_bytes},
                              {"output_offset", layer.output_offset},
                              {"output_bytes", layer.output_bytes}};
        if (report.estimated_instructions != 0)
            one["estimated_instructions"] = layer.estimated_instructions;
        layers.push_back(std::move(one));
    }
    nlohmann::json buffers = nlohmann::json::array();
    for (const PlacedBuffer& buffer : report.buffers) {
        buffers.push_back({{"tensor", buffer.name},
                           {"kind", buffer.kind},
                           {"offset", buffer.offset},
                           {"bytes", buffer.bytes},
                           {"first_layer", buffer.first},
                           {"last_layer", buffer.last}});
    }
    nlohmann::json json = {{"target", report.target},
                           {"layers", layers},
                           {"buffers", buffers},
                           {"macs", report.macs},
                           {"constant_bytes", report.constant_bytes},
                           {"program_bytes", report.program_bytes},
                           {"state_bytes", report.state_bytes},
                           {"arena_bytes", report.arena_bytes},
                           {"arena_lower_bound", report.arena_lower_bound},
                           {"arena_is_optimal", report.arena_is_optimal}};
    if (report.estimated_instructions != 0) {
        json["estimated_instructions"] = report.estimated_instructions;
        json["estimated_loaded_instructions"] = report.estimated_loaded_instructions;
    }
    return json;
}

std::string to_text(const Report& report) {
    std::string text =
        fmt::format("{:>3}  {:<24} {:>14} {:>12} {:>12} {:>10} {:>10} {:>10}\n", "", "operation",
                    "output", "MACs", "estimate", "constants", "RAM at", "RAM bytes");
    for (size_t i = 0; i < report.layers.size(); ++i) {
        const LayerReport& layer = report.layers[i];
        const std::string estimate = layer.estimated_instructions == 0
                                         ? std::string("-")
                                         : std::to_string(layer.estimated_instructions);
        text += fmt::format("{:>3}  {:<24} {:>14} {:>12} {:>12} {:>10} {:>10} {:>10}\n", i,
                            layer.operation, shape_text(layer.output_shape), layer.macs, estimate,
                            layer.constant_bytes, layer.output_offset, layer.output_bytes);
    }
    const double over =
        report.arena_lower_bound == 0
            ? 0.0
            : 100.0 * (static_cast<double>(report.arena_bytes) / report.arena_lower_bound - 1.0);
    text += fmt::format(
        "target {}: {} MACs, program {} bytes ({} of constants), RAM {} bytes ({:.1f} % over the "
        "lower bound of {}{})\n",
        report.target, report.macs, report.program_bytes, report.constant_bytes, report.arena_bytes,
        over, report.arena_lower_bound, report.arena_is_optimal ? ", proven optimal" : "");
    if (report.estimated_instructions != 0) {
        text += fmt::format(
            "an inference: {} instructions linked in, {} loaded, both estimated (--measure counts "
            "them in emulation)\n",
            report.estimated_instructions, report.estimated_loaded_instructions);
    }
    return text;
}

}  // namespace ganglion::compile
