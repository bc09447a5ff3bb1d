# SPDX-License-Identifier: Apache-2.0
# A room is a folder of src/: its sources become the library lunway_<name>, its *_test.cpp the program <name>_test.
#
#   lunway_room(wire LINKS lunway_base)

function(lunway_room name)
  cmake_parse_arguments(ROOM "" "" "LINKS" ${ARGN})
  set(folder ${PROJECT_SOURCE_DIR}/src/${name})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${folder}/*.cpp)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$|/main\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")

  if(sources)
    set(visibility PUBLIC)
    add_library(lunway_${name} STATIC ${sources})
  else()
    set(visibility INTERFACE)
    add_library(lunway_${name} INTERFACE)
  endif()
  target_include_directories(lunway_${name} ${visibility} ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
  target_link_libraries(lunway_${name} ${visibility} lunway_flags ${ROOM_LINKS})

  if(LUNWAY_TESTS AND tests)
    lunway_test(${name}_test SOURCES ${tests} LINKS lunway_${name})
  endif()
endfunction()

# A GoogleTest program whose tests ctest knows one by one.
function(lunway_test name)
  cmake_parse_arguments(TEST "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(${name} ${TEST_SOURCES})
  # The templates of the test frameworks take long to optimize, and a debugger shows more of what is not optimized.
  target_compile_options(${name} PRIVATE $<$<CONFIG:Debug>:-O0>)
  target_link_libraries(${name} PRIVATE ${TEST_LINKS} GTest::gtest GTest::gmock GTest::gtest_main rapidcheck)
  include(GoogleTest)
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 60)
endfunction()
