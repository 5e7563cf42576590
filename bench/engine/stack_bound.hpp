#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ganglion::bench {

/// The most bytes of stack that a function of an image can take, its callees included, from what
/// `objdump -d` prints of it (Arm or RISC-V): all that each function ever pushes or reserves, along
/// the costliest path of calls. A call through a pointer counts as the costliest function whose
/// address the image holds and that does not lead back there. A jump to another function counts as
/// a call, so that the bound is never too low and mostly exact. Throws std::runtime_error where
/// functions call each other in a circle, reserve what only running tells, or `root` is not there.
uint64_t stack_bound(std::string_view disassembly, const std::string& root);

}  // namespace ganglion::bench
