#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bench/row.hpp"
#include "fleet/store/store.hpp"

namespace ganglion::bench {

inline constexpr char kBench[] = "fleet";
/// When the events of benchmarks begin.
inline constexpr int64_t kBegin = 1'700'000'000'000;

double seconds_of(const std::function<void()>& action);

/// What the first thread of a process has used of a processor; 0 where it is gone.
double processor_seconds(int64_t process);

/// One message of `count` events from each of `devices` devices, a second an event from `begin_ms`.
std::vector<fleet::Message> batch(uint32_t first_device, uint32_t devices, uint32_t first_sequence,
                                  uint32_t count, int64_t begin_ms = kBegin);

Row row(const std::string& name, double value, const std::string& unit, std::optional<double> goal);

/// Events of all devices, 20 a message, and what each says of itself, so that a page has something
/// to show.
void fill(fleet::Store& store, uint32_t devices, uint32_t rounds, int64_t begin_ms = kBegin);

/// Fills an empty store and asks it what a page asks: the 95th percentile of each query. `name`: of
/// the store.
std::vector<Row> page_rows(fleet::Store& store, const std::string& name, uint32_t devices,
                           uint32_t events);

}  // namespace ganglion::bench
