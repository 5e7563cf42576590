#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ganglion::train {

/// What a board leaves for an application; what is not stated is not limited.
struct SearchBudget {
    std::optional<uint32_t> ram_bytes;    ///< of the whole pipeline: features, window, tensors
    std::optional<uint32_t> flash_bytes;  ///< of the signed bundle
    std::optional<double> milliseconds;   ///< of one inference with the features of its new frames
    std::string target = "cortex-m4";
    double clock_hz = 64e6;
};

/// "ram=16KB,flash=64KB,ms=10@cortex-m4:64MHz": any of the three; KB is 1024 bytes. Throws
/// std::runtime_error: which part is wrong and what to write.
SearchBudget parse_budget(std::string_view text);

/// What a candidate costs.
struct SearchCost {
    uint32_t ram_bytes = 0;
    uint32_t flash_bytes = 0;
    uint64_t macs = 0;        ///< of one inference
    double instructions = 0;  ///< of one inference with the features of its new frames
    double inferences_per_second = 0;

    double instructions_per_second() const { return instructions * inferences_per_second; }
};

/// Empty where `cost` keeps within `budget`, else what is exceeded: "RAM 20480 of 16384 bytes".
std::string exceeded(const SearchCost& cost, const SearchBudget& budget);

}  // namespace ganglion::train
