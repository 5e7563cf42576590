#pragma once

#include <string>
#include <vector>

#include "fleet/insight/shape.hpp"

namespace ganglion::fleet::insight {

/// One device's history of one quantity, with the site that it shares weather, load or line with.
struct PeerHistory {
    std::string device;
    std::string site;
    History history;
};

/// One device does what its peers don't: its sensor drifts, or its machine does.
struct DeviceUnlike {
    std::string device;
    ShapeFinding finding;  ///< of the device less its peers
    double rate = 1;       ///< share of false discoveries at which it is still one
};

/// All devices of a site do the same, and other sites don't.
struct SiteEvent {
    std::string site;
    ShapeFinding finding;  ///< of the site less the fleet
    double rate = 1;
    double sharing = 0;  ///< share of its devices that move in its direction
};

struct PeerFindings {
    std::vector<DeviceUnlike> devices;
    std::vector<SiteEvent> sites;
};

/// Splits each history into what the fleet, the site and the device alone do (medians over devices
/// of what is left after each device's own level is taken off), and looks for shapes in each. A
/// finding also moves by at least `least_effect` deviations of a device's noise: a site event that
/// no device could show is none. Sites of fewer than four devices are compared with the fleet as if
/// they were one site. All histories have the same steps of time.
PeerFindings compare_peers(const std::vector<PeerHistory>& histories,
                           double false_discoveries = 0.02, double least_effect = 1.5);

}  // namespace ganglion::fleet::insight
