#include <cstdlib>
#include <iostream>
#include <random>

#include "compile/testing/differential.hpp"
#include "compile/testing/reference.hpp"
#include "model/tflite.hpp"

// A user's file from its bytes to a result.

namespace {

using namespace ganglion;
using model::OperatorCode;

/// Larger ones are compiled, but take too long to run on random bytes.
constexpr int64_t kMostElements = 4096;
constexpr uint64_t kMostMacs = 1 << 20;

bool is_small(const model::Graph& graph) {
    for (const model::Tensor& tensor : graph.tensors) {
        if (tensor.elements() > kMostElements) return false;
    }
    return true;
}

/// Scales as a converter writes them: the plain interpreter computes with real factors.
bool is_plain(const model::Quantization& quantization) {
    for (float scale : quantization.scales) {
        if (scale < 1e-4F || scale > 1e2F) return false;
    }
    return true;
}

/// What the plain interpreter takes for granted and the compiler does not ask for.
bool is_known_to_the_interpreter(const model::Graph& graph) {
    if (graph.inputs.size() != 1 || graph.outputs.size() != 1) return false;
    for (const model::Tensor& tensor : graph.tensors) {
        if (!is_plain(tensor.quantization)) return false;
    }
    for (const model::Operator& op : graph.operators) {
        const bool has_bias = op.inputs.size() == 3 && op.inputs[1] >= 0 && op.inputs[2] >= 0;
        switch (op.code) {
            case OperatorCode::conv_2d:
            case OperatorCode::depthwise_conv_2d:
            case OperatorCode::fully_connected:
                if (!has_bias) return false;
                break;
            case OperatorCode::average_pool_2d:
            case OperatorCode::max_pool_2d:
            case OperatorCode::relu:
            case OperatorCode::relu6:
            case OperatorCode::reshape:
                break;
            default:
                return false;
        }
    }
    return true;
}

/// Sums of extreme biases or of a requantization to the left leave the interpreter's 32 bits.
bool stays_in_range(const model::Graph& graph) {
    for (const model::Operator& op : graph.operators) {
        if (op.inputs.size() != 3) continue;
        const model::Tensor& bias = graph.tensors[static_cast<size_t>(op.inputs[2])];
        for (size_t i = 0; i + 4 <= bias.data.size(); i += 4) {
            int32_t value = 0;
            std::memcpy(&value, bias.data.data() + i, 4);
            if (value > (1 << 24) || value < -(1 << 24)) return false;
        }
    }
    return true;
}

void compare(const model::Graph& graph, const std::vector<int8_t>& input) {
    const compile::reference::Interpreter expected(graph, input);
    for (const char* target : {"portable", "cortex-m4", "x86-64"}) {
        const std::string found = compile::difference(graph, target, input, expected.output());
        if (found.empty()) continue;
        std::cerr << found << '\n';
        std::abort();
    }
}

/// Runs it inside exactly the memory that it asks for.
void run(const compile::CompiledModel& compiled) {
    const compile::ExactMemory bytes(compiled.program.data(), compiled.program.size());
    Program program;
    if (program.load(bytes.as<const uint8_t>()) != Status::ok) {
        std::cerr << "the loader refuses what the compiler made\n";
        std::abort();
    }
    if (program.arena_bytes() > (1U << 20) || compiled.report.macs > kMostMacs) return;
    const compile::ExactMemory memory(program.arena_bytes());
    std::memset(memory.as<int8_t>().data(), 7, program.arena_bytes());
    program.reset(memory.as<int8_t>());
    program.run(memory.as<int8_t>());
}

}  // namespace

/// libFuzzer entry: any bytes are refused with a reason, or compile for every target into programs
/// that load, stay inside their memory and, where the plain interpreter knows the graph, give its
/// outputs.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    try {
        const model::Graph graph = model::read_tflite({data, size});
        for (const char* target : {"portable", "cortex-m4", "x86-64"})
            run(compile::compile(graph, compile::target_by_name(target)));
        if (!is_small(graph) || !is_known_to_the_interpreter(graph) || !stays_in_range(graph))
            return 0;
        std::minstd_rand random(static_cast<uint32_t>(size));
        std::vector<int8_t> input(static_cast<size_t>(compile::reference::input_bytes(graph)));
        for (int8_t& value : input) value = static_cast<int8_t>(random());
        compare(graph, input);
    } catch (const std::runtime_error&) {
        return 0;  // refused
    }
    return 0;
}
