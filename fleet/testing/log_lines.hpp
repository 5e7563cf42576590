#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/base/log.hpp"

namespace ganglion::fleet::testing {

/// Collects log lines from all threads.
class LogLines {
  public:
    Log log() {
        return [this](std::string_view line) {
            const std::lock_guard lock(mutex_);
            lines_.emplace_back(line);
        };
    }
    bool contains(std::string_view part) const { return count(part) > 0; }
    size_t count(std::string_view part) const {
        const std::lock_guard lock(mutex_);
        size_t found = 0;
        for (const std::string& line : lines_)
            found += line.find(part) != std::string::npos ? 1 : 0;
        return found;
    }

  private:
    mutable std::mutex mutex_;
    std::vector<std::string> lines_;
};

}  // namespace ganglion::fleet::testing
