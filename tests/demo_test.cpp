// The main job from end to end, as a newcomer runs it: real broker, real server, real firmware in
// the emulator.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <thread>

#include "fleet/base/port.hpp"
#include "paths.hpp"
#include "tests/background_program.hpp"
#include "tests/program.hpp"
#include "tests/shared.hpp"
#include "train/recordings/table.hpp"

namespace ganglion::tests {
namespace {

using nlohmann::json;

json read_json(const std::filesystem::path& path) {
    std::ifstream in(path);
    return json::parse(in);
}

/// Runs the demo to its end and returns its summary: one object a device.
json run_demo(const TemporaryFolder& folder, std::vector<std::string> more) {
    const auto summary = folder.path() / "summary.json";
    std::vector<std::string> arguments = {
        "demo", "--fast", "--state", folder.path() / "state", "--json", summary.string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto finished = run_ganglion(arguments, 200);
    EXPECT_EQ(finished.exit_code, 0) << finished.output;
    if (finished.exit_code != 0) return {};
    return read_json(summary);
}

void expect_sound(const json& device) {
    EXPECT_EQ(device.at("overruns"), 0);
    EXPECT_GT(device.at("events").get<int>(), 0);
    EXPECT_GT(device.at("ram_bytes").get<int>(), 0);
    EXPECT_GT(device.at("flash_bytes").get<int>(), 0);
    EXPECT_GT(device.at("instructions").get<int>(), 0);
    EXPECT_LT(device.at("bytes_sent").get<double>(), device.at("bytes_sensed").get<double>());
}

void expect_stopped_by_itself(const json& motor) {
    EXPECT_TRUE(motor.at("stopped").get<bool>());
    EXPECT_TRUE(motor.at("stop_witnessed").get<bool>())
        << "the emulator saw other edges than the device told";
    // One inference with its features and little more: nothing of the network's in between.
    EXPECT_LE(motor.at("stop_instructions").get<int>(),
              motor.at("instructions").get<int>() * 11 / 10);
}

/// It took a better model without a restart, refused a forged one, and left a bad one by itself.
void expect_updated(const json& speaker) {
    EXPECT_THAT(speaker.at("update_taken").get<std::string>(), testing::StartsWith("1.1.0 live"));
    EXPECT_EQ(speaker.at("update_refused"), "bad signature");
    EXPECT_EQ(speaker.at("update_undone"), "unhealthy by the release's rule");
}

/// The page in a real browser while devices decide; pictures of it end up in the reports folder.
Finished look_at_page(const std::string& port) {
    return run_program({"node", GANGLION_SOURCE_DIR "/tests/dashboard/page_test.mjs", "--url",
                        "http://127.0.0.1:" + port, "--out", reports_folder() / "page",
                        "--expect-devices", "2", "--expect-events", "2"},
                       240);
}

void wait_for(const std::function<bool()>& condition, int seconds) {
    for (int i = 0; i < 20 * seconds && !condition(); ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
}

TEST(Demo, DecidesOnItsOwnInputAndShowsItInABrowser) {
    const TemporaryFolder folder;
    const auto summary = folder.path() / "summary.json";
    const std::string port = std::to_string(fleet::pick_free_port());
    BackgroundProgram demo({GANGLION_BINARY_DIR "/cli/ganglion", "demo", "--keep-running", "--port",
                            port, "--state", folder.path() / "state", "--json", summary.string()},
                           folder.path() / "demo.log");
    wait_for(
        [&] {
            return !demo.running() || demo.output().find("sense and decide") != std::string::npos;
        },
        60);
    const auto page = look_at_page(port);
    EXPECT_EQ(page.exit_code, 0) << page.output;

    wait_for([&] { return !demo.running() || std::filesystem::exists(summary); }, 120);
    ASSERT_TRUE(std::filesystem::exists(summary)) << demo.output();
    const json devices = read_json(summary);
    ASSERT_EQ(devices.size(), 2U);
    for (const auto& device : devices) {
        expect_sound(device);
        EXPECT_EQ(device.at("missed"), 0) << device;
        EXPECT_EQ(device.at("wrong"), 0) << device;
        EXPECT_GT(device.at("right").get<int>(), 0) << device;
    }
    const json& speaker = devices[0];
    // At most two seconds of 16-bit audio for each wake word.
    EXPECT_GT(speaker.at("bytes_gate").get<int>(), 0);
    EXPECT_LE(speaker.at("bytes_gate").get<int>(),
              speaker.at("decisions").get<int>() * 2 * 16000 * 2);
    EXPECT_EQ(devices[1].at("bytes_gate"), 0);
    expect_stopped_by_itself(devices[1]);
    expect_updated(speaker);
    EXPECT_EQ(devices[1].at("update_taken"), "");

    const auto events = run_ganglion({"events", "--port", port});
    EXPECT_THAT(events.output, testing::HasSubstr("alexa"));
    EXPECT_THAT(events.output, testing::HasSubstr("motor-01"));
    EXPECT_EQ(demo.terminate(), 0) << demo.output();
}

TEST(Demo, LosesNothingWhenTheNetworkIsCut) {
    const TemporaryFolder folder;
    const json devices = run_demo(folder, {"--cut-network", "8s"});
    ASSERT_EQ(devices.size(), 2U);
    for (const auto& device : devices) {
        expect_sound(device);
        EXPECT_EQ(device.at("missed"), 0) << device;
    }
    expect_stopped_by_itself(devices[1]);
}

// The cheapest of the applications, over its own test days: the others run in the same way.
TEST(Demo, RunsOneApplicationOverItsRecordings) {
    GANGLION_NEEDS_SHARED("data/home/manifest.csv");
    const TemporaryFolder folder;
    const json devices = run_demo(folder, {"home", "--data", shared_dir() / "data"});
    ASSERT_EQ(devices.size(), 1U);
    const json& room = devices[0];
    EXPECT_EQ(room.at("device"), "home-01");
    EXPECT_TRUE(room.at("truth_known").get<bool>());
    EXPECT_GT(room.at("right").get<int>(), 4) << room;
    EXPECT_LE(room.at("missed").get<int>(), 2) << room;
    EXPECT_EQ(room.at("overruns"), 0);
    EXPECT_EQ(room.at("bytes_sensed"), 6097 * 3 * 2) << "every minute of the test days";
    EXPECT_EQ(room.at("relay_edges"), room.at("relay_witnessed"));
    EXPECT_GT(room.at("relay_edges").get<int>(), 4);
    EXPECT_LT(room.at("instructions_per_second").get<double>(), 1000);
}

/// Real recordings: a bearing of the test load after 12 s of the same rig without fault.
std::filesystem::path real_vibration(const std::filesystem::path& folder, size_t& first_faulty) {
    const auto data = shared_dir() / "data/vibration/cwru";
    std::ofstream out(folder / "motor.csv");
    out << "acc_g\n";
    first_faulty = 0;
    const auto append = [&](const std::string& name) {
        const auto table = train::read_table(data / name);
        for (const double value : table.columns.at(0)) out << value << '\n';
        return table.columns.at(0).size();
    };
    first_faulty += append("de_normal_load0_0.csv.gz");
    first_faulty += append("de_normal_load0_108000.csv.gz");
    append("de_inner_race014_load2.csv.gz");
    return folder / "motor.csv";
}

TEST(Demo, DecidesOnRealRecordings) {
    GANGLION_NEEDS_SHARED("data/wake_word/manifest.csv");
    GANGLION_NEEDS_SHARED("data/vibration/manifest.csv");
    const TemporaryFolder folder;
    std::vector<std::string> arguments;
    int spoken = 0;
    const auto manifest = shared_dir() / "data/wake_word";
    std::ifstream in(manifest / "manifest.csv");
    for (std::string line; std::getline(in, line) && spoken < 8;) {
        const auto comma = line.find(',');
        if (line.find(",alexa,") == std::string::npos || line.find(",test,") == std::string::npos)
            continue;
        arguments.insert(arguments.end(), {"--audio", manifest / line.substr(0, comma)});
        ++spoken;
    }
    ASSERT_EQ(spoken, 8);
    size_t first_faulty = 0;
    const auto vibration = real_vibration(folder.path(), first_faulty);
    arguments.insert(arguments.end(), {"--vibration", vibration});
    const json devices = run_demo(folder, arguments);
    ASSERT_EQ(devices.size(), 2U);
    for (const auto& device : devices) expect_sound(device);
    EXPECT_GE(devices[0].at("decisions").get<int>(), 6) << "of 8 people who say the wake word";
    EXPECT_LE(devices[0].at("decisions").get<int>(), 8);
    expect_stopped_by_itself(devices[1]);
    const auto stopped_at = devices[1].at("stop_sample").get<size_t>();
    EXPECT_GE(stopped_at, first_faulty) << "stopped without a fault";
    EXPECT_LE(stopped_at, first_faulty + 12000 / 2)
        << "stopped later than half a second after the fault";
}

}  // namespace
}  // namespace ganglion::tests
