#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "device/program/operations.hpp"

namespace ganglion::compile {

namespace detail {

/// std::variant of the types in Seen and, each once, of the others.
template <typename Seen, typename... Others>
struct UniqueVariant {
    using type = Seen;
};
template <typename... Seen, typename First, typename... Others>
struct UniqueVariant<std::variant<Seen...>, First, Others...>
    : UniqueVariant<std::conditional_t<(std::is_same_v<Seen, First> || ...), std::variant<Seen...>,
                                       std::variant<Seen..., First>>,
                    Others...> {};

template <typename First, typename... Others>
using VariantOf = typename UniqueVariant<std::variant<First>, Others...>::type;

}  // namespace detail

/// One operation of a program, as the kernels take it.
using Operation = Operations::Records<detail::VariantOf>;

/// Where an operation names a place in the arena.
struct ArenaUse {
    uint32_t* offset;  ///< the field; while lowering it holds a buffer's number instead
    bool writes;
    /// Read several times, also after the first writes: the result may not overwrite it.
    bool repeats = false;
};

/// All places, the output last.
std::vector<ArenaUse> arena_uses(Operation& operation);

/// Memory that an operation needs while it runs.
struct Scratch {
    uint32_t* offset;  ///< the field that names it
    uint32_t bytes;    ///< 0: none
};
Scratch scratch_of(Operation& operation);

/// How many bytes before its input the output may begin and overwrite it; empty where it may not.
std::optional<uint32_t> in_place_lead(const Operation& operation);

OpHeader header_of(const Operation& operation);

/// Name of the kernel function: "conv_2d".
std::string kernel_name(OpKind kind);

/// Multiply-accumulates, padding included; 0 for operations that do none.
uint64_t macs_of(const Operation& operation);

/// The record's bytes.
std::vector<uint8_t> bytes_of(const Operation& operation);

}  // namespace ganglion::compile
