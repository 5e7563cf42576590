#include "tests/program.hpp"

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <stdexcept>

#include "paths.hpp"

namespace ganglion::tests {
namespace {

std::string quoted(const std::string& word) {
    std::string text = "'";
    for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return text + "'";
}

}  // namespace

Finished run_program(const std::vector<std::string>& words, int limit_s) {
    std::string line = "timeout --kill-after=10 " + std::to_string(limit_s);
    for (const auto& word : words) line += " " + quoted(word);
    line += " 2>&1 </dev/null";
    std::FILE* pipe = popen(line.c_str(), "r");  // NOLINT(cert-env33-c): every word is quoted
    if (pipe == nullptr) throw std::runtime_error("cannot start " + words.front());
    Finished finished;
    std::array<char, 4096> buffer{};
    while (const size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe))
        finished.output.append(buffer.data(), count);
    const int status = pclose(pipe);
    finished.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return finished;
}

Finished run_ganglion(const std::vector<std::string>& arguments, int limit_s) {
    std::vector<std::string> words{GANGLION_BINARY_DIR "/cli/ganglion"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    return run_program(words, limit_s);
}

TemporaryFolder::TemporaryFolder() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "ganglion-test-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make " + pattern);
    path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path reports_folder() {
    std::filesystem::path folder = std::filesystem::path(GANGLION_BINARY_DIR) / "reports";
    std::filesystem::create_directories(folder);
    return folder;
}

}  // namespace ganglion::tests
