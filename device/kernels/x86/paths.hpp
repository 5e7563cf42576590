#pragma once

#include "device/kernels/x86/kernels.hpp"

namespace ganglion::x86 {

/// What the kernels of this folder run on. One binary runs on any x86-64: the best path that the
/// processor and the operating system allow is chosen once, when the program starts.
enum class Path { portable, avx2, avx512_vnni };

/// Whether this machine can run it.
bool is_available(Path path);

/// The path in use.
Path path();

/// Takes another available path, for tests and benchmarks. Not while another thread runs a kernel.
void use(Path path);

/// Of the path in use; null: the portable kernels.
const Kernels* kernels();

extern const Kernels avx2_kernels;
extern const Kernels avx512_kernels;

}  // namespace ganglion::x86
