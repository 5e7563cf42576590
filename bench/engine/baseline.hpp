#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace ganglion::bench {

/// The peer's number for one figure and the ratio ours / peer's to reach; either may be unknown.
struct Mark {
    std::optional<double> peer, goal;
};

/// What one inference takes on one processor.
struct InstructionsOn {
    std::string_view target;
    Mark mark;
};

/// One reference model and what TensorFlow Lite Micro 90b983c2b with CMSIS-NN 4ab83cc3 needs for it
/// (arm-none-eabi-gcc 12.2, the better of -O3 and its release flags, only the needed operators
/// registered, counted with the same marks; RAM and flash on Cortex-M4F).
struct Baseline {
    std::string_view name;
    std::string_view model;  ///< below models/, without .tflite
    std::array<InstructionsOn, 4> instructions;
    Mark ram, flash, runtime_flash;
};

inline constexpr const char* kPeer =
    "TensorFlow Lite Micro 90b983c2b + CMSIS-NN 4ab83cc3, recorded baseline";

namespace detail {

constexpr std::array<InstructionsOn, 4> on(Mark m4, Mark m55, Mark m3, Mark m0) {
    return {{{"cortex-m4", m4}, {"cortex-m55", m55}, {"cortex-m3", m3}, {"cortex-m0", m0}}};
}
inline constexpr Mark kUnknown{};

}  // namespace detail

inline constexpr std::array<Baseline, 12> kBaselines{{
    {"kws",
     "mlperf_tiny/kws_dscnn_int8",
     detail::on({7'699'217, 0.62}, {1'786'708, 0.70}, {10'547'121, 0.60}, {29'019'154, 0.60}),
     {22'820, 0.45},
     {107'880, 0.40},
     {53'944, 0.30}},
    {"ic",
     "mlperf_tiny/ic_resnet8_int8",
     detail::on({29'863'799, 0.65}, {4'811'319, 0.75}, {41'757'526, 0.65}, {97'568'237, 0.65}),
     {54'996, 0.65},
     {150'216, 0.64},
     {51'720, 0.30}},
    {"vww",
     "mlperf_tiny/vww_mobilenetv1_025_96_int8",
     detail::on({24'101'517, 0.36}, {6'433'083, 0.42}, {32'083'000, 0.36}, {86'878'004, 0.36}),
     {100'708, 0.42},
     {387'232, 0.25},
     {53'944, 0.30}},
    {"ad",
     "mlperf_tiny/ad_autoencoder_int8",
     detail::on({582'241, 0.65}, {149'890, 0.60}, {955'859, 0.65}, {1'763'261, 0.65}),
     {2'580, 0.40},
     {305'688, 0.93},
     {28'712, 0.15}},
    {"sww",
     "mlperf_tiny/sww_dscnn1d_int8",
     detail::on({2'225'764, 0.60}, {410'965, 0.60}, {4'265'440, 0.55}, {9'321'067, 0.55}),
     {16'596, 0.45},
     {125'928, 0.50},
     {51'408, 0.30}},
    {"mww alexa",
     "micro_wake_word/alexa_v2",
     detail::on({170'938, 0.50}, {53'333, 0.45}, detail::kUnknown, {524'937, 0.50}),
     {18'260, 0.40},
     {123'120, 0.38},
     {67'264, 0.30}},
    {"mww okay_nabu",
     "micro_wake_word/okay_nabu_v2",
     detail::on({188'492, 0.50}, {69'868, 0.45}, {298'101, 0.50}, {553'855, 0.50}),
     {19'300, 0.40},
     {129'064, 0.38},
     {68'800, 0.30}},
    {"mww vad",
     "micro_wake_word/vad_v2",
     detail::on({93'591, 0.50}, {31'418, 0.45}, detail::kUnknown, detail::kUnknown),
     {10'132, 0.40},
     {101'592, 0.38},
     {67'264, 0.30}},
    {"mww hey_jarvis", "micro_wake_word/hey_jarvis_v2",
     detail::on(detail::kUnknown, detail::kUnknown, detail::kUnknown, detail::kUnknown),
     detail::kUnknown, detail::kUnknown, detail::kUnknown},
    {"hello_world",
     "tflm/hello_world_int8",
     detail::on({3'485, 0.35}, {2'103, 0.40}, detail::kUnknown, detail::kUnknown),
     {772, 0.25},
     {31'416, 0.15},
     {28'712, 0.10}},
    {"micro_speech",
     "tflm/micro_speech_int8",
     detail::on({1'494'895, {}}, {837'220, {}}, detail::kUnknown, detail::kUnknown),
     {6'836, {}},
     {63'552, {}},
     {44'752, {}}},
    {"person_detect",
     "tflm/person_detect_int8",
     detail::on({22'928'024, {}}, {6'382'839, {}}, detail::kUnknown, detail::kUnknown),
     {82'308, {}},
     {344'768, {}},
     {44'200, {}}},
}};

}  // namespace ganglion::bench
