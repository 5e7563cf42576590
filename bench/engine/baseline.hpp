#pragma once

#include <array>
#include <optional>

namespace ganglion::bench {

/// One reference model: what TensorFlow Lite Micro 90b983c2b with CMSIS-NN 4ab83cc3 needs for it
/// (Cortex-M4F, arm-none-eabi-gcc 12.2, the better of -O3 and its release flags, only the needed
/// operators registered, counted with the same marks), and the ratios to reach.
struct Baseline {
    const char* name;
    const char* model;  ///< below models/, without .tflite
    double instructions, ram, flash, runtime_flash;
    std::optional<double> instructions_goal, ram_goal, flash_goal, runtime_goal;
};

inline constexpr const char* kPeer =
    "TensorFlow Lite Micro 90b983c2b + CMSIS-NN 4ab83cc3, recorded baseline";

inline constexpr std::array<Baseline, 8> kBaselines{{
    {"kws", "mlperf_tiny/kws_dscnn_int8", 7'699'217, 22'820, 107'880, 53'944, 0.62, 0.45, 0.40,
     0.30},
    {"ic", "mlperf_tiny/ic_resnet8_int8", 29'863'799, 54'996, 150'216, 51'720, 0.65, 0.65, 0.64,
     0.30},
    {"vww", "mlperf_tiny/vww_mobilenetv1_025_96_int8", 24'101'517, 100'708, 387'232, 53'944, 0.36,
     0.42, 0.25, 0.30},
    {"ad", "mlperf_tiny/ad_autoencoder_int8", 582'241, 2'580, 305'688, 28'712, 0.65, 0.40, 0.93,
     0.15},
    {"sww", "mlperf_tiny/sww_dscnn1d_int8", 2'225'764, 16'596, 125'928, 51'408, 0.60, 0.45, 0.50,
     0.30},
    {"hello_world", "tflm/hello_world_int8", 3'485, 772, 31'416, 28'712, 0.35, 0.25, 0.15, 0.10},
    {"micro_speech", "tflm/micro_speech_int8", 1'494'895, 6'836, 63'552, 44'752, {}, {}, {}, {}},
    {"person_detect",
     "tflm/person_detect_int8",
     22'928'024,
     82'308,
     344'768,
     44'200,
     {},
     {},
     {},
     {}},
}};

}  // namespace ganglion::bench
