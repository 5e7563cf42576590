# The bundle writer's part of ganglion_compile, and the tests that need whole bundles.
find_package(OpenSSL REQUIRED)
target_sources(ganglion_compile PRIVATE bundle_decision.cpp bundle_features.cpp bundle_motion.cpp bundle_parameters.cpp bundle_share.cpp bundle_spectrum.cpp bundle_signature.cpp bundle_writer.cpp)
target_link_libraries(ganglion_compile PUBLIC ganglion_project OpenSSL::Crypto)
ganglion_test(bundle_test
    SOURCES bundle_features_test.cpp bundle_pipeline_test.cpp bundle_signature_test.cpp bundle_writer_test.cpp
            ${PROJECT_SOURCE_DIR}/device/bundle/bundle_fuzz.cpp
    DEPENDS ganglion_compile_testing)
add_subdirectory(bundle_chip)
