#include "train/search/budget.hpp"

#include <fmt/format.h>

#include <charconv>
#include <stdexcept>

#include "compile/target.hpp"

namespace ganglion::train {
namespace {

constexpr std::string_view kExample = "ram=16KB,flash=64KB,ms=10@cortex-m4:64MHz";

[[noreturn]] void reject(std::string_view part, const std::string& what) {
    throw std::runtime_error(
        fmt::format("--budget: \"{}\": {}; write e.g. {}", part, what, kExample));
}

/// The number in front; what follows it stays in `text`.
double take_number(std::string_view& text, std::string_view part) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || value <= 0) reject(part, "is no number above zero");
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    return value;
}

uint32_t bytes_of(std::string_view text, std::string_view part) {
    double value = take_number(text, part);
    if (text == "KB" || text == "kB") {
        value *= 1024;
    } else if (text == "MB") {
        value *= 1024 * 1024;
    } else if (!text.empty() && text != "B") {
        reject(part, fmt::format("\"{}\" is no unit of memory (B, KB, MB)", text));
    }
    if (value >= 4294967296.0) reject(part, "is more than a microcontroller can address");
    return static_cast<uint32_t>(value);
}

/// "10@cortex-m4:64MHz"
void read_time(std::string_view text, std::string_view part, SearchBudget& budget) {
    budget.milliseconds = take_number(text, part);
    if (!text.starts_with('@')) reject(part, "says not on which processor");
    text.remove_prefix(1);
    const size_t colon = text.find(':');
    if (colon == std::string_view::npos) reject(part, "says not at which clock");
    budget.target = compile::target_by_name(text.substr(0, colon)).name;
    text.remove_prefix(colon + 1);
    budget.clock_hz = take_number(text, part);
    if (text == "MHz") {
        budget.clock_hz *= 1e6;
    } else if (text == "kHz") {
        budget.clock_hz *= 1e3;
    } else if (text != "Hz") {
        reject(part, fmt::format("\"{}\" is no unit of a clock (Hz, kHz, MHz)", text));
    }
}

}  // namespace

SearchBudget parse_budget(std::string_view text) {
    SearchBudget budget;
    while (!text.empty()) {
        const size_t comma = text.find(',');
        const std::string_view part = text.substr(0, comma);
        text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
        const size_t equals = part.find('=');
        const std::string_view key = part.substr(0, equals);
        const std::string_view value =
            equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1);
        if (key == "ram") {
            budget.ram_bytes = bytes_of(value, part);
        } else if (key == "flash") {
            budget.flash_bytes = bytes_of(value, part);
        } else if (key == "ms") {
            read_time(value, part, budget);
        } else {
            reject(part, "is neither ram, flash nor ms");
        }
    }
    return budget;
}

std::string exceeded(const SearchCost& cost, const SearchBudget& budget) {
    if (budget.ram_bytes && cost.ram_bytes > *budget.ram_bytes)
        return fmt::format("RAM {} of {} bytes", cost.ram_bytes, *budget.ram_bytes);
    if (budget.flash_bytes && cost.flash_bytes > *budget.flash_bytes)
        return fmt::format("flash {} of {} bytes", cost.flash_bytes, *budget.flash_bytes);
    const double milliseconds = cost.instructions / budget.clock_hz * 1000;
    if (budget.milliseconds && milliseconds > *budget.milliseconds)
        return fmt::format("{:.2f} of {} ms", milliseconds, *budget.milliseconds);
    return {};
}

}  // namespace ganglion::train
