#pragma once

#include "fleet/coordinate/coordinator.hpp"

namespace ganglion::fleet::coordinate {

struct Coordinator::Member {
    device::Summary summary;
    uint32_t heard_slot = 0;  ///< hour of its newest summary
    double expected = 0;      ///< what its stores were expected to take in the last cycle, W
    bool ever = false;
    bool task_here = false;
    /// Its stores as they would be had it never been steered; see CoordinatorOptions::local_too.
    std::array<device::Store, device::Summary::kMostStores> alone{};
    uint32_t alone_count = 0;
    bool told = true;  ///< newest summary not yet taken through a cycle's passing time
};

struct Coordinator::Feeder {
    Feeder(size_t devices, const WatchOptions& options)
        : members(devices), watch(devices, options) {}

    std::vector<Member> members;
    FeederWatch watch;
    std::vector<double> measured;  ///< of the parts of the running slot
    device::Levels levels{};       ///< in force
    double expected = 0;           ///< at these levels, for the last cycle
    double own_error = 0;          ///< what it took beyond that, of late
    double carried = 0;            ///< in the last cycle: measured, else expected
    bool heard = false;            ///< measured in the last cycle
    FeederOrder order;
    uint32_t sent_s = 0;
    bool moved = false;  ///< a device has other stores than a cycle ago: it waits for a set-point
    Suspicion suspicion = Suspicion::none;
    std::vector<Suspicion> suspicions;
};

}  // namespace ganglion::fleet::coordinate
