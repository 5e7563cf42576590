// What a user gets for input that cannot work: one line that says what to do, and a non-zero exit
// status.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "fleet/base/port.hpp"
#include "paths.hpp"
#include "tests/program.hpp"
#include "tests/shared.hpp"

namespace ganglion::tests {
namespace {

using testing::HasSubstr;

/// Two programs started at once would both find the usual port free.
std::string free_port() {
    return std::to_string(fleet::pick_free_port());
}

class BadInput : public testing::Test {
  protected:
    /// `demo --fast` with one option more, in a folder of its own.
    Finished demo(const std::string& option, const std::string& value) {
        return run_ganglion({"demo", "--fast", option, value, "--port", free_port(), "--state",
                             folder_.path() / "state"});
    }

    std::filesystem::path write(const std::string& name, const std::string& text) {
        std::ofstream(folder_.path() / name, std::ios::binary) << text;
        return folder_.path() / name;
    }

    /// The last line of the output is the only complaint, and begins with the program's name.
    static std::string complaint(const Finished& finished) {
        std::string text = finished.output;
        while (!text.empty() && text.back() == '\n') text.pop_back();
        const std::string last = text.substr(text.find_last_of('\n') + 1);
        EXPECT_THAT(last, testing::StartsWith("ganglion: ")) << finished.output;
        EXPECT_EQ(text.find("ganglion: "), text.rfind("ganglion: ")) << finished.output;
        return last;
    }

    TemporaryFolder folder_;
};

TEST_F(BadInput, TextAsAudio) {
    const auto file = write("speech.wav", "this is no sound\n");
    const auto finished = demo("--audio", file.string());
    EXPECT_EQ(finished.exit_code, 1);
    EXPECT_THAT(complaint(finished), HasSubstr("speech.wav"));
}

TEST_F(BadInput, AudioThatIsNotThere) {
    const auto finished = demo("--audio", "/nowhere.flac");
    EXPECT_EQ(finished.exit_code, 1);
    EXPECT_THAT(complaint(finished), HasSubstr("/nowhere.flac"));
}

TEST_F(BadInput, VibrationWithWordsInIt) {
    const auto file = write("motor.csv", "acc_g\n0.1\n0.2\nloud\n0.3\n");
    const auto finished = demo("--vibration", file.string());
    EXPECT_EQ(finished.exit_code, 1);
    const auto line = complaint(finished);
    EXPECT_THAT(line, HasSubstr("motor.csv"));
    EXPECT_THAT(line, HasSubstr("4"));  // the line number
}

TEST_F(BadInput, PortThatIsTaken) {
    const int taken = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(bind(taken, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(listen(taken, 1), 0);
    socklen_t size = sizeof address;
    getsockname(taken, reinterpret_cast<sockaddr*>(&address), &size);
    const std::string port = std::to_string(ntohs(address.sin_port));
    for (const char* option : {"--port", "--mqtt-port"}) {
        const auto finished =
            run_ganglion({"serve", "--port", std::string(option) == "--port" ? port : free_port(),
                          "--mqtt-port", std::string(option) == "--port" ? free_port() : port,
                          "--state", folder_.path() / "state"},
                         20);
        EXPECT_EQ(finished.exit_code, 1) << option;
        EXPECT_THAT(complaint(finished), HasSubstr(port)) << option;
    }
    close(taken);
}

TEST_F(BadInput, EventsWithoutAServer) {
    const auto finished = run_ganglion({"events", "--port", "1"});
    EXPECT_EQ(finished.exit_code, 1);
    EXPECT_THAT(complaint(finished), HasSubstr("127.0.0.1:1"));
}

TEST_F(BadInput, ModelThatIsNoModel) {
    const auto file = write("model.tflite", std::string(1000, 'x'));
    const auto finished = run_ganglion({"compile", file.string(), "--out", folder_.path()});
    EXPECT_EQ(finished.exit_code, 1);
    EXPECT_THAT(complaint(finished), HasSubstr("model.tflite"));
}

TEST_F(BadInput, TruncatedModel) {
    GANGLION_NEEDS_SHARED("models/mlperf_tiny/kws_dscnn_int8.tflite");
    std::ifstream in(shared_dir() / "models/mlperf_tiny/kws_dscnn_int8.tflite", std::ios::binary);
    const std::string whole{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    for (const double part : {0.01, 0.3, 0.9, 0.999}) {
        const auto size = static_cast<size_t>(part * static_cast<double>(whole.size()));
        const auto file = write("cut.tflite", whole.substr(0, size));
        const auto finished = run_ganglion({"compile", file.string(), "--out", folder_.path()});
        EXPECT_EQ(finished.exit_code, 1) << size;
        EXPECT_THAT(complaint(finished), HasSubstr("cut.tflite"));
    }
}

TEST_F(BadInput, UnknownApplication) {
    const auto finished =
        run_ganglion({"bundle", "no_such_app", "--key", folder_.path() / "key.pem"});
    EXPECT_EQ(finished.exit_code, 1);
    EXPECT_THAT(complaint(finished), HasSubstr("ganglion apps"));
}

TEST_F(BadInput, UnknownOptionNamesIt) {
    const auto finished = run_ganglion({"demo", "--no-such-option"});
    EXPECT_EQ(finished.exit_code, 2);
    EXPECT_THAT(finished.output, HasSubstr("--no-such-option"));
}

TEST(Help, EveryCommandTeachesWithAnExample) {
    const auto overview = run_ganglion({"--help"});
    EXPECT_EQ(overview.exit_code, 0);
    for (const char* command :
         {"demo", "apps", "train", "evaluate", "compile", "bundle", "serve", "events", "bench"}) {
        EXPECT_THAT(overview.output, HasSubstr(command));
        // Training is a program of its own, which builds without libtorch lack.
        if (std::string(command) == "train" &&
            !std::filesystem::exists(GANGLION_BINARY_DIR "/cli/ganglion-train"))
            continue;
        const auto help = run_ganglion({command, "--help"});
        EXPECT_EQ(help.exit_code, 0) << command << help.output;
        EXPECT_THAT(help.output, HasSubstr("./ganglion " + std::string(command))) << help.output;
    }
}

}  // namespace
}  // namespace ganglion::tests
