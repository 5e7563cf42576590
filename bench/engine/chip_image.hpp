#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace ganglion::bench {

/// A model compiled for the emulated Cortex-M4F. All throw std::runtime_error with the command that
/// failed.
class ChipImages {
  public:
    /// `work` holds emitted C++ (`network.hpp`, `network.cpp`) and gets the images.
    explicit ChipImages(std::filesystem::path work);

    /// Outputs and instructions of each run, over inputs that lie one after another.
    struct Runs {
        std::vector<int8_t> outputs;
        std::vector<uint64_t> instructions;
    };
    Runs run_linked(const std::vector<int8_t>& inputs) const;
    Runs run_loaded(const std::vector<int8_t>& inputs, const std::vector<uint8_t>& program) const;

    /// Bytes of a firmware that does nothing but start and run the model.
    struct Size {
        uint64_t flash;        ///< code, constants and initial values
        uint64_t static_data;  ///< without the arena
    };
    Size minimal_size(uint64_t arena_bytes) const;

    /// Bytes of stack that one run touches, main() included.
    uint64_t stack_bytes() const;

  private:
    std::filesystem::path link(const std::string& name, const std::string& objects) const;
    Runs run(const std::filesystem::path& image, const std::vector<int8_t>& inputs,
             const std::string& program) const;

    std::filesystem::path work_;
    std::string network_;  // its object
};

}  // namespace ganglion::bench
