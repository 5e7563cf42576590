#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "device/program/program.hpp"

/// What the runner on the chip runs: a network in one of its two forms.
namespace ganglion::chip {

/// Makes the network known; `program` names a file where the form is a loadable program, else it is
/// not used. False where it cannot be read.
bool prepare(std::string_view program);

/// What a device does with a network before it trusts it, once, when it is installed. False where
/// it cannot be run.
bool install();

/// What a device does with an installed network at each boot.
void set_up();

const TensorInfo& input();
const TensorInfo& output();
uint32_t arena_bytes();
uint32_t state_bytes();
/// Writes the initial state of a streaming model.
void reset(std::span<int8_t> arena);
void run(std::span<int8_t> arena);

}  // namespace ganglion::chip
