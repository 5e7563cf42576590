#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace ganglion::fleet {

/// One number for Prometheus: a name, what it means, "counter" or "gauge", and its values by label
/// set ("" or "method=\"GET\",status=\"200\"").
struct Metric {
    std::string name, help, type;
    std::vector<std::pair<std::string, double>> values;
};

/// The text of Prometheus' exposition format 0.0.4.
std::string prometheus_text(const std::vector<Metric>& metrics);

/// HTTP requests answered, by method and status. Safe to call from several threads.
class RequestCounts {
  public:
    void add(const std::string& method, int status);
    std::vector<Metric> metrics() const;

  private:
    mutable std::mutex mutex_;
    std::map<std::pair<std::string, int>, uint64_t> counts_;
};

}  // namespace ganglion::fleet
