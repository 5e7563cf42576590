#pragma once

#include <cstdint>
#include <string>

#include "fleet/rollout/spec.hpp"
#include "fleet/store/sqlite.hpp"

namespace ganglion::fleet {

/// Devices that run this application, have ids of this pattern and these attributes; empty: any.
/// Exact, but where more than 20,000 devices match the pattern, or have each of the attributes:
/// then estimated from 5,000 devices, so that the answer does not take the longer the larger the
/// fleet is (standard error at most 0.7 % of those that run the application). Throws StoreError.
int64_t cohort_size(Database& database, const std::string& application, const std::string& pattern,
                    const Attributes& attributes);

}  // namespace ganglion::fleet
