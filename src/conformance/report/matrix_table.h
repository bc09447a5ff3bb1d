// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What a matrix shows, before it is written: the runs of one role, and for each test what each of them did.

#pragma once

#include <span>
#include <string>
#include <vector>

#include "conformance/report/json_result.h"
#include "conformance/report/tally.h"

namespace lunway::conformance {

struct MatrixRow {
  std::string id;
  std::string section;
  std::string title;
  /// One for each run; null where the run has not got the test.
  std::vector<const TestRecord*> tests;

  /// Whether any of them did something that a reader must look at.
  bool is_remarkable() const;
};

/// The rows of a chapter, and a tally for each run.
struct MatrixChapter {
  std::string_view number;
  std::vector<Tally> tallies;
};

/// The pointers are into the runs.
struct MatrixTable {
  Judged judged;
  std::vector<const RunRecord*> runs;
  /// By section, and within one as the first run has them.
  std::vector<MatrixRow> rows;

  std::vector<MatrixChapter> chapters() const;
};

MatrixTable matrix_table(std::span<const RunRecord> runs, Judged judged);

/// The label of a run; without one, what was judged.
const std::string& name_of(const RunRecord& run);

Tally tally_of(const RunRecord& run);

/// "24 of 25": how many of the tests that were judged passed, with a warning or as a surprise included; "-" of none.
std::string share(const Tally& tally);

}  // namespace lunway::conformance
