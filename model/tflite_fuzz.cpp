#include <cstddef>
#include <cstdint>
#include <stdexcept>

#include "model/tflite.hpp"

/// libFuzzer entry: any bytes either read as a graph, which then survives a round trip, or are
/// refused.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    try {
        const ganglion::model::Graph graph = ganglion::model::read_tflite({data, size});
        (void)ganglion::model::read_tflite(ganglion::model::write_tflite(graph));
    } catch (const std::runtime_error&) {
        return 0;
    }
    return 0;
}
