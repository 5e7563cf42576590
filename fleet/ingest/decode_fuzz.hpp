#pragma once

#include <cstddef>
#include <cstdint>

/// libFuzzer's entry: the first byte chooses the channel, the rest is the payload.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
