# ganglion_kernel_sources(RESULT PROCESSOR): the kernels' sources for a processor. One kernel family a file: a file of
# the processor's own folder replaces the portable one of the same name, and its other files come along.
function(ganglion_kernel_sources result processor)
    set(folder ${PROJECT_SOURCE_DIR}/device/kernels)
    set(own)
    # Cortex-M7 and M33 have the instructions of the Cortex-M4.
    if(processor MATCHES "^cortex-m(4|7|33)$")
        set(own cortex_m4)
    elseif(processor STREQUAL "cortex-m55")
        set(own cortex_m55)
    elseif(processor STREQUAL "x86_64")
        set(own x86)
    endif()
    set(sources)
    if(own)
        file(GLOB sources CONFIGURE_DEPENDS ${folder}/${own}/*.cpp)
    endif()
    foreach(kernel conv_2d depthwise_conv_2d fully_connected pool_2d add softmax lookup pad copy fill load_constants
                   strided_copy resize transpose_conv_2d batch_matmul
                   packed_conv_2d packed_depthwise_conv_2d packed_fully_connected interleaved_conv_2d
                   interleaved_depthwise_conv_2d)
        if(NOT own OR NOT EXISTS ${folder}/${own}/${kernel}.cpp)
            list(APPEND sources ${folder}/portable/${kernel}.cpp)
        endif()
    endforeach()
    set(${result} ${sources} PARENT_SCOPE)
endfunction()
