#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace ganglion::train {

/// Runs `arguments[0]` (a path, or a name searched in PATH) without a shell, writes `input` to its
/// standard input, drops its output. Throws std::runtime_error when the program is not installed,
/// exits other than 0, or is not done within `limit` (it is then killed).
void run_program(const std::vector<std::string>& arguments, std::string_view input = {},
                 std::chrono::seconds limit = std::chrono::seconds(60));

/// True when `name` is an executable in PATH, or the path of one.
bool is_installed(const std::string& name);

}  // namespace ganglion::train
