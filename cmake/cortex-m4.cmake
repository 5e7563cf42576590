# Bare-metal Arm Cortex-M4 with single-precision floating point (GCC of Debian's gcc-arm-none-eabi).
include(${CMAKE_CURRENT_LIST_DIR}/targets.cmake)
ganglion_target(target cortex-m4)
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR cortex-m4)
set(CMAKE_C_COMPILER ${target_tools}gcc)
set(CMAKE_CXX_COMPILER ${target_tools}g++)
set(CMAKE_ASM_COMPILER ${target_tools}gcc)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
list(JOIN target_cpu " " cpu_flags)
# No fused multiply-add contraction: features must give the same bits as on every other target.
set(CMAKE_C_FLAGS_INIT "${cpu_flags} -ffunction-sections -fdata-sections -ffp-contract=off")
# -Wno-psabi: notes on how older compilers passed arguments; everything here is built by one.
list(JOIN ganglion_chip_compile_flags " " chip_flags)
set(CMAKE_CXX_FLAGS_INIT "${cpu_flags} ${chip_flags} -Wno-psabi -fno-unwind-tables -fno-asynchronous-unwind-tables")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-Wl,--gc-sections")
