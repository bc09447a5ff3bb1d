# SPDX-License-Identifier: Apache-2.0
# The catalogue of the conformance suite: each src/conformance/ROLE/section_X.cpp defines section_X() in the namespace
# lunway::conformance::ROLE_tests, and a new file is in the catalogue without being named anywhere else.
#
#   lunway_compile_catalogue(lunway_conformance)

function(lunway_compile_catalogue target)
  set(folder ${PROJECT_BINARY_DIR}/generated/conformance)
  set(declarations "")
  set(lists "")
  foreach(role target initiator)
    file(GLOB files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/conformance/${role}/section_*.cpp)
    list(FILTER files EXCLUDE REGEX "_test\\.cpp$")
    list(SORT files COMPARE NATURAL)
    string(APPEND declarations "namespace ${role}_tests {\n")
    string(APPEND lists "constexpr Section kSections_${role}[] = {\n")
    foreach(file ${files})
      get_filename_component(section ${file} NAME_WE)
      string(APPEND declarations "std::span<const Test> ${section}();\n")
      string(APPEND lists "    ${role}_tests::${section},\n")
    endforeach()
    string(APPEND declarations "}  // namespace ${role}_tests\n")
    string(APPEND lists "    nullptr};\n")
  endforeach()
  file(CONFIGURE OUTPUT ${folder}/sections.h @ONLY CONTENT "// Made by cmake/catalogue.cmake.
#pragma once

#include <span>

#include \"conformance/script/test.h\"

namespace lunway::conformance {
${declarations}}  // namespace lunway::conformance
")
  file(CONFIGURE OUTPUT ${folder}/section_lists.h @ONLY CONTENT "// Made by cmake/catalogue.cmake.
#pragma once

#include \"conformance/sections.h\"

namespace lunway::conformance {
using Section = std::span<const Test> (*)();
${lists}}  // namespace lunway::conformance
")
endfunction()
