#pragma once

#include <CLI/CLI.hpp>
#include <map>

#include "fleet/base/log.hpp"

namespace ganglion::cli {

/// How a command that runs on writes what it has to say.
inline void add_log_format(CLI::App& command, fleet::LogFormat& format) {
    static const std::map<std::string, fleet::LogFormat> formats{{"text", fleet::LogFormat::text},
                                                                 {"json", fleet::LogFormat::json}};
    command.add_option("--log-format", format, "of its log: text, or json, an object a line")
        ->transform(CLI::CheckedTransformer(formats))
        ->option_text("text|json");
}

}  // namespace ganglion::cli
