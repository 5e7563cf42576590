#pragma once

#include <string>

namespace ganglion::cli {

/// Asks on the terminal without showing what is typed; reads one line where standard input is no
/// terminal. Throws std::runtime_error when nothing came.
std::string ask_password(const std::string& name);

/// Asks twice. Throws also when the two differ.
std::string ask_new_password(const std::string& name);

}  // namespace ganglion::cli
