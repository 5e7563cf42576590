#include "fleet/base/port.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>

namespace ganglion::fleet {
namespace {

TEST(Port, IsPickedOnceAndWhereNoOutgoingConnectionTakesIt) {
    std::ifstream range("/proc/sys/net/ipv4/ip_local_port_range");
    uint32_t first_outgoing = 0;
    ASSERT_TRUE(range >> first_outgoing);
    if (first_outgoing < 32768)
        GTEST_SKIP() << "outgoing connections start at " << first_outgoing << " on this machine";
    std::set<uint16_t> picked;
    for (size_t i = 0; i < 200; ++i) {
        const uint16_t port = pick_free_port();
        EXPECT_TRUE(port_is_free(port));
        EXPECT_LT(port, first_outgoing);
        EXPECT_TRUE(picked.insert(port).second) << port << " twice";
    }
}

}  // namespace
}  // namespace ganglion::fleet
