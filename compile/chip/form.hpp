#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "device/program/program.hpp"

/// What the runner on the chip runs: a network in one of its two forms.
namespace ganglion::chip {

/// Prepares the network; `program` names a file where the form is a loadable program, else it is
/// not used. False where it cannot be run.
bool prepare(std::string_view program);

const TensorInfo& input();
const TensorInfo& output();
uint32_t arena_bytes();
void run(std::span<int8_t> arena);

}  // namespace ganglion::chip
