#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "compile/options.hpp"
#include "compile/report.hpp"
#include "compile/target.hpp"
#include "model/graph.hpp"

namespace ganglion::compile {

/// A share of a firmware's flash.
struct FlashPart {
    std::string name;
    uint64_t bytes;
};

/// A linked firmware that does nothing but run the network.
struct FirmwareReport {
    std::vector<FlashPart> flash;  ///< parts of all of it
    uint64_t flash_bytes;
    uint64_t static_bytes;         ///< RAM besides the arena and the stack
    uint64_t stack_bytes;          ///< the most that one inference can take, by its code
    uint64_t touched_stack_bytes;  ///< by one inference, measured in emulation
};

/// What a model costs where one lossless pass is left out.
struct Saving {
    std::string pass;
    uint64_t macs, constant_bytes, arena_bytes;
    uint64_t estimated_instructions;  ///< of the form that is linked in; 0: not known
};

/// All that is known of a compiled model.
struct ModelReport {
    std::string model;
    Report report;
    std::vector<Saving> savings;
    std::optional<FirmwareReport> firmware;
    /// Of each layer, counted in emulation; a loop counts at its own line. Empty: not measured.
    std::vector<uint64_t> instructions;
};

/// Compiles again without each pass.
std::vector<Saving> savings_of(const model::Graph& graph, const Target& target,
                               const CompileOptions& options);

nlohmann::json to_json(const ModelReport& report);

/// One page that needs nothing else, readable on a telephone, in light and in dark.
std::string to_html(const ModelReport& report);

}  // namespace ganglion::compile
