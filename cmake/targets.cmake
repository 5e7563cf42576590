# The processors for which the engine has images, one row each; docs/targets.md is the table for people. Tests and
# benchmarks on the emulated chip and the firmware's toolchain file take compilers, flags and boards from here alone.
#
# ganglion_target(PREFIX NAME): sets in the caller
#   PREFIX_tools     prefix of the cross tools: arm-none-eabi-
#   PREFIX_cpu       processor flags for compiler and linker, a list
#   PREFIX_emulator  the emulator's program
#   PREFIX_machine   the emulator's arguments that choose the machine, a list
#   PREFIX_startup   sources that start an image there: vectors or traps, memory, main(), semihosting
#   PREFIX_linker    linker script
#   PREFIX_link      what else the linker is told, after the objects, a list
set(ganglion_chip_targets cortex-m0 cortex-m3 cortex-m4 cortex-m7 cortex-m33 cortex-m55 rv32imc)

# What every image is compiled and linked with, on every processor. No fused multiply-add contraction: features must
# give the same bits everywhere. No exceptions, no RTTI, no heap.
set(ganglion_chip_compile_flags -ffp-contract=off -fno-exceptions -fno-rtti -fno-threadsafe-statics
    -ffunction-sections -fdata-sections)
set(ganglion_chip_boards ${CMAKE_CURRENT_LIST_DIR}/../firmware/boards)
cmake_path(NORMAL_PATH ganglion_chip_boards)
set(ganglion_chip_link_flags -nostartfiles --specs=nano.specs --specs=nosys.specs -L${ganglion_chip_boards}
    -Wl,--gc-sections -Wl,--no-warn-rwx-segments)

function(ganglion_target prefix name)
    set(tools arm-none-eabi-)
    set(emulator qemu-system-arm)
    set(startup ${ganglion_chip_boards}/cortex_m/startup.cpp)
    set(linker ${ganglion_chip_boards}/mps2_an386/linker.ld)
    set(link ${ganglion_chip_link_flags})
    if(name STREQUAL "cortex-m0")
        # The emulator has no Cortex-M0 board with enough memory; Cortex-M3 runs all of its instructions.
        set(cpu -mcpu=cortex-m0 -mthumb -mfloat-abi=soft)
        set(machine -M mps2-an385)
    elseif(name STREQUAL "cortex-m3")
        set(cpu -mcpu=cortex-m3 -mthumb -mfloat-abi=soft)
        set(machine -M mps2-an385)
    elseif(name STREQUAL "cortex-m4")
        set(cpu -mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16)
        set(machine -M mps2-an386)
    elseif(name STREQUAL "cortex-m7")
        set(cpu -mcpu=cortex-m7 -mthumb -mfloat-abi=hard -mfpu=fpv5-d16)
        set(machine -M mps2-an500)
    elseif(name STREQUAL "cortex-m33")
        set(cpu -mcpu=cortex-m33 -mthumb -mfloat-abi=hard -mfpu=fpv5-sp-d16)
        set(machine -M mps2-an505)
        set(linker ${ganglion_chip_boards}/mps2_an505/linker.ld)
    elseif(name STREQUAL "cortex-m55")
        set(cpu -mcpu=cortex-m55 -mthumb -mfloat-abi=hard)
        set(machine -M mps3-an547)
        set(linker ${ganglion_chip_boards}/mps3_an547/linker.ld)
    elseif(name STREQUAL "rv32imc")
        # Debian's cross compiler comes without the C++ library's headers; those of the Arm one are for no processor in
        # particular. Of picolibc only memory functions are linked.
        set(tools riscv64-unknown-elf-)
        set(headers /usr/include/newlib)
        set(cpu -march=rv32imc -mabi=ilp32 -nostdinc++ -isystem ${headers}/c++/12.2.1
            -isystem ${headers}/c++/12.2.1/arm-none-eabi -isystem ${headers})
        set(emulator qemu-system-riscv32)
        set(machine -M virt -bios none)
        set(startup ${ganglion_chip_boards}/riscv/startup.cpp)
        set(linker ${ganglion_chip_boards}/riscv_virt/linker.ld)
        set(link -nostdlib -L/usr/lib/picolibc/riscv64-unknown-elf/lib/rv32im/ilp32 -lc -lgcc
            -L${ganglion_chip_boards} -Wl,--gc-sections -Wl,--no-warn-rwx-segments)
    else()
        message(FATAL_ERROR "unknown target '${name}'; known: ${ganglion_chip_targets}")
    endif()
    foreach(field tools cpu emulator machine startup linker link)
        set(${prefix}_${field} ${${field}} PARENT_SCOPE)
    endforeach()
endfunction()
