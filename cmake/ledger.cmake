# SPDX-License-Identifier: Apache-2.0
# The tables of spec/ as sources of a room: compile_ledger.cmake writes them, and again whenever a table changes.
#
#   lunway_compile_ledger(lunway_conformance)

function(lunway_compile_ledger target)
  set(folder ${PROJECT_BINARY_DIR}/generated)
  set(writer ${PROJECT_SOURCE_DIR}/cmake/compile_ledger.cmake)
  set(spec ${PROJECT_SOURCE_DIR}/spec)
  set(sources ids.h requirements.cpp exceptions.cpp open_rows.cpp aliases.cpp)
  list(TRANSFORM sources PREPEND ${folder}/conformance/ledger/)
  add_custom_command(OUTPUT ${sources}
    COMMAND ${CMAKE_COMMAND} -DSPEC=${spec} -DFOLDER=${folder}/conformance/ledger -P ${writer}
    DEPENDS ${writer} ${spec}/ledger.tsv ${spec}/conformance-exceptions.tsv ${spec}/conformance-open.tsv
      ${spec}/aliases.tsv
    COMMENT "Compiling the ledger" VERBATIM)
  target_sources(${target} PRIVATE ${sources})
  target_include_directories(${target} PUBLIC ${folder})
endfunction()

# A build of everything ends with what conformance/gate finds, and fails with it.
function(lunway_conformance_gate)
  add_executable(conformance_gate ${PROJECT_SOURCE_DIR}/src/conformance/gate/main.cpp)
  target_link_libraries(conformance_gate PRIVATE lunway_conformance)
  add_custom_command(TARGET conformance_gate POST_BUILD COMMAND conformance_gate VERBATIM)
endfunction()
