#pragma once

#include <string>
#include <string_view>

#include "compile/lower.hpp"

namespace ganglion::compile {

/// The linked-in form of a model: a header that declares it and a source with constexpr operations
/// and constants. `name` becomes the namespace; std::runtime_error where it is not a C++
/// identifier.
std::string cpp_header(const Lowered& lowered, std::string_view name);
std::string cpp_source(const Lowered& lowered, std::string_view name);

}  // namespace ganglion::compile
