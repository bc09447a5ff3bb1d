// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/report/matrix_table.h"

#include <algorithm>
#include <map>

namespace lunway::conformance {

bool MatrixRow::is_remarkable() const {
  return std::ranges::any_of(tests,
                             [](const TestRecord* test) { return test != nullptr && needs_a_look(test->verdict); });
}

std::vector<MatrixChapter> MatrixTable::chapters() const {
  std::vector<MatrixChapter> chapters;
  for (const MatrixRow& row : rows) {
    const std::string_view number = chapter_of(row.section);
    if (chapters.empty() || chapters.back().number != number) {
      chapters.push_back({.number = number, .tallies = std::vector<Tally>(runs.size())});
    }
    for (std::size_t run = 0; run < runs.size(); ++run) {
      if (row.tests[run] != nullptr) chapters.back().tallies[run].add(row.tests[run]->verdict);
    }
  }
  return chapters;
}

MatrixTable matrix_table(std::span<const RunRecord> runs, Judged judged) {
  MatrixTable table{.judged = judged, .runs = {}, .rows = {}};
  for (const RunRecord& run : runs) {
    if (run.judged == judged) table.runs.push_back(&run);
  }
  std::map<std::string_view, std::size_t> places;
  for (std::size_t run = 0; run < table.runs.size(); ++run) {
    for (const TestRecord& test : table.runs[run]->tests) {
      const auto [place, is_new] = places.try_emplace(test.id, table.rows.size());
      if (is_new) {
        table.rows.push_back({.id = test.id,
                              .section = test.section,
                              .title = test.title,
                              .tests = std::vector<const TestRecord*>(table.runs.size())});
      }
      table.rows[place->second].tests[run] = &test;
    }
  }
  std::ranges::stable_sort(table.rows, stands_before, &MatrixRow::section);
  return table;
}

const std::string& name_of(const RunRecord& run) { return run.label.empty() ? run.subject : run.label; }

Tally tally_of(const RunRecord& run) {
  Tally tally;
  for (const TestRecord& test : run.tests) tally.add(test.verdict);
  return tally;
}

std::string share(const Tally& tally) {
  const std::size_t judged = tally.all() - tally.of(Verdict::inapplicable);
  if (judged == 0) return "-";
  const std::size_t good = tally.of(Verdict::pass) + tally.of(Verdict::warn) + tally.of(Verdict::unexpected_pass);
  return std::to_string(good) + " of " + std::to_string(judged);
}

}  // namespace lunway::conformance
