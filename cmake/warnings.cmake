# SPDX-License-Identifier: Apache-2.0
# One set of warnings and sanitizers for every target of the project.

add_library(lunway_flags INTERFACE)
target_compile_options(lunway_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Woverloaded-virtual -Werror)
# libstdc++ 12's std::stable_sort calls what clang calls deprecated.
target_compile_options(lunway_flags INTERFACE $<$<CXX_COMPILER_ID:Clang>:-Wno-deprecated-declarations>)
target_compile_features(lunway_flags INTERFACE cxx_std_23)

if(LUNWAY_SANITIZE)
  target_compile_options(lunway_flags INTERFACE -fsanitize=${LUNWAY_SANITIZE} -fno-sanitize-recover=all
    -fno-omit-frame-pointer)
  target_link_options(lunway_flags INTERFACE -fsanitize=${LUNWAY_SANITIZE})
endif()
