# The two ways a folder adds to the build: a library and its tests.

configure_file(${CMAKE_CURRENT_LIST_DIR}/paths.hpp.in ${PROJECT_BINARY_DIR}/paths.hpp @ONLY)

# ganglion_library(NAME SOURCES a.cpp ... [DEPENDS target ...])
function(ganglion_library name)
    cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS" ${ARGN})
    add_library(${name} STATIC ${arg_SOURCES})
    target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
    target_link_libraries(${name} PUBLIC ${arg_DEPENDS} PRIVATE ganglion_warnings)
endfunction()

# ganglion_test(NAME SOURCES a_test.cpp ... [DEPENDS target ...] [LABEL label] [TIMEOUT seconds] [SERIAL] [WHOLE])
# SERIAL: nothing else runs beside it, because it keeps real time. WHOLE: one ctest entry for all of it, because its
# tests share something that is dear to start.
# One executable; every TEST in it is a ctest entry of its own. Tests learn where the real recordings and
# reference models are from shared_dir() in tests/shared.hpp and skip by name where they are absent.
function(ganglion_test name)
    cmake_parse_arguments(arg "SERIAL;WHOLE" "TIMEOUT;LABEL" "SOURCES;DEPENDS" ${ARGN})
    if(CMAKE_CROSSCOMPILING)
        return()
    endif()
    # Under sanitizers: not what runs elsewhere than here, and not what only takes long.
    if(GANGLION_SANITIZE AND arg_LABEL MATCHES "^(chip|demo|emulator|shipped|train)$")
        return()
    endif()
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 120)
    endif()
    add_executable(${name} ${arg_SOURCES})
    target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
    target_link_libraries(${name} PRIVATE ${arg_DEPENDS} ganglion_warnings GTest::gtest_main GTest::gmock)
    # A test is compiled for longer than it runs; under sanitizers it starts for longer than it runs, too.
    target_compile_options(${name} PRIVATE $<IF:$<BOOL:${GANGLION_SANITIZE}>,-O0,-O1>)
    if(GANGLION_SANITIZE)
        set(arg_WHOLE ON)
        set(arg_TIMEOUT 900)
    endif()
    set(properties TIMEOUT ${arg_TIMEOUT} RUN_SERIAL ${arg_SERIAL})
    if(arg_LABEL)
        list(APPEND properties LABELS ${arg_LABEL})
    endif()
    if(arg_WHOLE)
        add_test(NAME ${name} COMMAND ${name})
        set_tests_properties(${name} PROPERTIES ${properties})
        return()
    endif()
    gtest_discover_tests(${name} TEST_PREFIX "${name}." DISCOVERY_TIMEOUT 60
                         PROPERTIES ${properties})
endfunction()
