#pragma once

#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "compile/compile.hpp"
#include "compile/testing/kernel_paths.hpp"
#include "device/program/program.hpp"

namespace ganglion::compile {

/// Memory as exact as asked for, 16-byte aligned: a sanitizer sees one byte beyond.
class ExactMemory {
  public:
    explicit ExactMemory(size_t bytes) : bytes_(bytes) {
        void* memory = nullptr;
        if (posix_memalign(&memory, 16, bytes) != 0) throw std::bad_alloc();
        memory_.reset(memory);
    }
    ExactMemory(const void* from, size_t bytes) : ExactMemory(bytes) {
        std::memcpy(memory_.get(), from, bytes);
    }

    template <typename Value>
    std::span<Value> as() const {
        return {static_cast<Value*>(memory_.get()), bytes_};
    }

  private:
    size_t bytes_;
    std::unique_ptr<void, decltype(&std::free)> memory_{nullptr, &std::free};
};

/// Compiles the graph for a target and runs it with each set of kernels that this machine has.
/// Empty where every output equals `expected`, else what differs. Throws as compile() does.
std::string difference(const model::Graph& graph, std::string_view target,
                       const std::vector<int8_t>& input, const std::vector<int8_t>& expected);

}  // namespace ganglion::compile
