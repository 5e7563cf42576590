#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compile/cost/events.hpp"
#include "compile/target.hpp"

namespace ganglion::compile::cost {

/// What is around the kernels of a program, as events like theirs.
struct Surroundings {
    Events linked;  ///< calls in emitted C++
    Events loaded;  ///< a loadable program's records, loops not opened
};
Surroundings surroundings_of(std::span<const Operation> operations, size_t reset_count);
/// Of a loop in a loadable program, the kernels that it runs left out.
Events repeat_events(const RepeatOp& loop);

inline constexpr std::string_view kLinked = "(linked)";
inline constexpr std::string_view kLoaded = "(loaded)";

/// Instructions of one inference.
struct Cost {
    /// Of each operation of a program; all that a loop runs counts at the loop.
    std::vector<double> operations;
    double linked = 0, loaded = 0;  ///< of all, in either form
};

/// The kernels of a processor; empty where no emulator counts its instructions.
std::optional<Kernels> kernels_of(std::string_view target);

/// Instructions that a processor executes, from the program alone: nothing is run. The coefficients
/// are fitted to counts in emulation by `ganglion bench costs`.
class CostModel {
  public:
    /// Empty where the processor is not one that can be emulated.
    static std::optional<CostModel> of(const Target& target);

    /// Empty where an operation has never been counted on this processor.
    std::optional<Cost> cost(std::span<const Operation> operations,
                             std::span<const uint8_t> constants, size_t reset_count) const;
    std::optional<double> kernel(const Operation& operation,
                                 std::span<const uint8_t> constants) const;

  private:
    CostModel(std::string_view target, Kernels kernels) : target_(target), kernels_(kernels) {}
    std::optional<double> sum(std::string_view kernel, const Events& events) const;

    std::string target_;
    Kernels kernels_;
};

}  // namespace ganglion::compile::cost
