# SPDX-License-Identifier: Apache-2.0
# Writes the tables of spec/ as C++: cmake -DSPEC=spec -DFOLDER=where -P cmake/compile_ledger.cmake
#
# Each line is turned by one regular expression: CMake's lists would trip over the semicolons and brackets of prose.

cmake_minimum_required(VERSION 3.25)

# The lines after the first one of a table, ready to stand in string literals; each still begins with a newline.
function(read_table name rows)
  file(READ ${SPEC}/${name} text)
  string(REPLACE "\\" "\\\\" text "${text}")
  string(REPLACE "\"" "\\\"" text "${text}")
  string(FIND "${text}" "\n" end_of_head)
  string(SUBSTRING "${text}" ${end_of_head} -1 text)
  set(${rows} "${text}" PARENT_SCOPE)
endfunction()

# A file that did not change keeps its time, so that what includes it is not built again.
function(write name text)
  file(CONFIGURE OUTPUT ${FOLDER}/${name} CONTENT "@text@" @ONLY)
endfunction()

function(write_ids rows)
  string(REGEX MATCHALL "\n[^\t\n]+" ids "${rows}")
  set(place 0)
  foreach(id IN LISTS ids)
    string(STRIP "${id}" id)
    list(APPEND lines "    {\"${id}\", ${place}},\n")
    math(EXPR place "${place} + 1")
  endforeach()
  list(SORT lines)
  string(JOIN "" lines ${lines})
  write(ids.h "// Made of spec/ledger.tsv by cmake/compile_ledger.cmake.

#pragma once

#include <cstdint>
#include <string_view>

namespace lunway::conformance {

/// A row's id, and its place in requirements().
struct LedgerId {
  std::string_view id;
  std::uint16_t place;
};

/// Sorted by id.
inline constexpr LedgerId kLedgerIds[] = {
${lines}};

}  // namespace lunway::conformance
")
endfunction()

function(write_requirements rows)
  string(REPLACE "\tMUST NOT\t" "\tmust_not\t" rows "${rows}")
  string(REPLACE "\tSHOULD NOT\t" "\tshould_not\t" rows "${rows}")
  foreach(level MUST SHOULD MAY)
    string(TOLOWER ${level} name)
    string(REPLACE "\t${level}\t" "\t${name}\t" rows "${rows}")
  endforeach()
  # What shows in part on the wire shows there.
  string(REGEX REPLACE "\t(yes|partly)\t" "\ttrue\t" rows "${rows}")
  string(REPLACE "\tno\t" "\tfalse\t" rows "${rows}")
  set(cell "([^\t\n]+)")
  string(REGEX REPLACE "\n${cell}\t${cell}\t${cell}\t${cell}\t${cell}\t${cell}"
    "\n    {\"\\1\", \"\\2\", Level::\\3, Side::\\4, \\5,\n     \"\\6\"}," rows "${rows}")
  write(requirements.cpp "// Made of spec/ledger.tsv by cmake/compile_ledger.cmake.

#include \"conformance/ledger/requirement.h\"

namespace lunway::conformance {

namespace {

constexpr Requirement kRequirements[] = {${rows}};

}  // namespace

std::span<const Requirement> requirements() { return kRequirements; }

}  // namespace lunway::conformance
")
endfunction()

function(write_exceptions rows)
  set(cell "([^\t\n]+)")
  string(REGEX REPLACE "\n${cell}\t${cell}\t${cell}" "\n    {\"\\1\", wire::Role::\\2,\n     \"\\3\"}," rows "${rows}")
  write(exceptions.cpp "// Made of spec/conformance-exceptions.tsv by cmake/compile_ledger.cmake.

#include \"conformance/ledger/exception.h\"

namespace lunway::conformance {

namespace {

constexpr Exception kExceptions[] = {${rows}};

}  // namespace

std::span<const Exception> exceptions() { return kExceptions; }

}  // namespace lunway::conformance
")
endfunction()

function(write_open_rows rows)
  string(REGEX REPLACE "\n([^\t\n]+)\t([0-9]+)" "\n    .\\1 = \\2," rows "${rows}")
  write(open_rows.cpp "// Made of spec/conformance-open.tsv by cmake/compile_ledger.cmake.

#include \"conformance/ledger/gate.h\"

namespace lunway::conformance {

OpenRows open_rows_allowed() {
  return {${rows}};
}

}  // namespace lunway::conformance
")
endfunction()

function(write_aliases rows)
  set(cell "([^\t\n]+)")
  string(REGEX REPLACE "\n${cell}\t${cell}\t${cell}\t${cell}\t${cell}\t${cell}"
    "\n    {\"\\1\", \"\\2\", \"\\6\"}," rows "${rows}")
  write(aliases.cpp "// Made of spec/aliases.tsv by cmake/compile_ledger.cmake.

#include \"conformance/ledger/alias.h\"

namespace lunway::conformance {

namespace {

constexpr Alias kAliases[] = {${rows}};

}  // namespace

std::span<const Alias> aliases() { return kAliases; }

}  // namespace lunway::conformance
")
endfunction()

read_table(ledger.tsv ledger)
write_ids("${ledger}")
write_requirements("${ledger}")
read_table(conformance-exceptions.tsv exceptions)
write_exceptions("${exceptions}")
read_table(conformance-open.tsv open)
write_open_rows("${open}")
read_table(aliases.tsv aliases)
write_aliases("${aliases}")
