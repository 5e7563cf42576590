#pragma once

#include <functional>
#include <string_view>

namespace ganglion::fleet {

/// Receives one line (without the newline) per thing a person may want to know. Called from several
/// threads, at most one call at a time is not guaranteed: the receiver locks if it must.
using Log = std::function<void(std::string_view line)>;

}  // namespace ganglion::fleet
