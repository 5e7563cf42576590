// The grid's page in a real browser while a real server coordinates a few homes.
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <thread>

#include "fleet/base/port.hpp"
#include "fleet/client/api_client.hpp"
#include "paths.hpp"
#include "tests/background_program.hpp"
#include "tests/program.hpp"

namespace ganglion::tests {
namespace {

constexpr size_t kCycles = 6;

bool wait_for(const std::function<bool()>& condition, int seconds) {
    for (int i = 0; i < 10 * seconds; ++i) {
        if (condition()) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    return false;
}

size_t cycles_of(uint16_t port) {
    try {
        return fleet::get_json({"127.0.0.1", port, ""}, "/api/coordination").at("cycles").size();
    } catch (const std::exception&) {
        return 0;  // it is still starting
    }
}

TEST(GridPage, ShowsFeedersTheDayAndWhyInABrowser) {
    const TemporaryFolder folder;
    const uint16_t port = fleet::pick_free_port();
    BackgroundProgram demo(
        {GANGLION_BINARY_DIR "/cli/ganglion", "demo", "grid", "--homes", "100", "--speed", "300",
         "--keep-running", "--port", std::to_string(port), "--state", folder.path() / "state"},
        folder.path() / "demo.log");
    ASSERT_TRUE(wait_for([&] { return !demo.running() || cycles_of(port) >= kCycles; }, 240));
    ASSERT_TRUE(demo.running()) << demo.output();
    const auto page = run_program(
        {"node", GANGLION_SOURCE_DIR "/tests/dashboard/page_test.mjs", "--url",
         "http://127.0.0.1:" + std::to_string(port), "--out", reports_folder() / "grid", "--grid"},
        240);
    EXPECT_EQ(page.exit_code, 0) << page.output;
    EXPECT_EQ(demo.terminate(), 0) << demo.output();
}

}  // namespace
}  // namespace ganglion::tests
