#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace ganglion::tests {

struct Finished {
    int exit_code = 0;
    std::string output;  ///< standard output and error, as they came
};

/// Runs the built `ganglion` as a user would, to its end or at most `limit_s` seconds (exit code
/// 124 then).
Finished run_ganglion(const std::vector<std::string>& arguments, int limit_s = 60);

/// Any other program, found in PATH.
Finished run_program(const std::vector<std::string>& words, int limit_s = 60);

/// A new folder, removed with everything in it at the end of the scope.
class TemporaryFolder {
  public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

/// Where the tests leave pictures and reports for people: build/host/reports.
std::filesystem::path reports_folder();

}  // namespace ganglion::tests
