#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "compile/chip/toolchain.hpp"
#include "compile/report_page.hpp"

namespace ganglion::bench {

/// A model compiled for an emulated processor. All throw std::runtime_error with the command that
/// failed.
class ChipImages {
  public:
    /// `work` holds emitted C++ (`network.hpp`, `network.cpp`) and gets the images.
    ChipImages(const chip::Toolchain& toolchain, std::filesystem::path work);

    /// Outputs and instructions of each run, over inputs that lie one after another.
    struct Runs {
        std::vector<int8_t> outputs;
        uint64_t install;  ///< checks before the form is trusted, once
        uint64_t set_up;   ///< at each boot
        uint64_t reset;    ///< writes the initial state of a streaming model
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
    /// The same with a loadable program in flash, opened at boot.
    Size minimal_loaded_size(const std::vector<uint8_t>& program, uint64_t arena_bytes) const;

    /// What the flash of minimal_size()'s firmware is made of.
    std::vector<compile::FlashPart> flash_parts(uint64_t arena_bytes) const;

    /// Instructions of each operation of a loadable program, one input.
    std::vector<uint64_t> profile(const std::vector<uint8_t>& program,
                                  const std::vector<int8_t>& input) const;

    /// Bytes of stack that one run touches, main() included, and the most that its code can take.
    struct Stack {
        uint64_t touched, bound;
    };
    Stack stack() const;

  private:
    Size size_of(const std::filesystem::path& image, uint64_t arena_bytes) const;
    std::filesystem::path link(const std::string& name, const std::string& objects) const;
    Runs run(const std::filesystem::path& image, const std::vector<int8_t>& inputs,
             const std::string& program) const;

    const chip::Toolchain& toolchain_;
    std::filesystem::path work_;
    std::string network_;  // its object
};

}  // namespace ganglion::bench
