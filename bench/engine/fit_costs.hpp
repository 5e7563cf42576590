#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace ganglion::bench {

/// What the instructions of one kernel are on one processor.
struct KernelFit {
    std::string target, kernel;
    std::vector<double> coefficients;  ///< in the order of compile/cost/events.hpp
    size_t samples = 0;                ///< that they are fitted to
    size_t others = 0;                 ///< that they are judged by
    double error = 0;                  ///< of these: the relative error that 95 % do not pass
    double worst_error = 0;
};

struct CostFit {
    std::filesystem::path work;        ///< for images and counts
    std::vector<std::string> targets;  ///< empty: all
    std::function<void(const std::string& part, double fraction)> on_progress;
};

/// Counts random layers in emulation and fits the coefficients of compile/cost/ to them. Every
/// fifth graph judges a fit to the others; the coefficients are then fitted to all. Throws
/// std::runtime_error where a tool fails.
std::vector<KernelFit> fit_costs(const CostFit& fit);

/// The rows as compile/cost/coefficients.inc.
std::string to_table(const std::vector<KernelFit>& fits);

/// For people: kernels by processor with their errors.
std::string to_text(const std::vector<KernelFit>& fits);

}  // namespace ganglion::bench
