#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace ganglion::fleet {

/// Receives one line (without the newline) per thing a person may want to know: "part: what".
/// Called from several threads, at most one call at a time is not guaranteed: the receiver locks if
/// it must.
using Log = std::function<void(std::string_view line)>;

enum class LogFormat { text, json };

/// Lines to standard error, each in one write.
Log stderr_log(LogFormat format = LogFormat::text);

/// A line as an object: {"time": "2026-03-01T14:05:09.250Z", "part": "ingest", "text": "what"}; a
/// line that names no part has none.
std::string json_line(std::string_view line, int64_t time_ms);

}  // namespace ganglion::fleet
