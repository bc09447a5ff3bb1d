// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/report/matrix.h"
#include "conformance/report/matrix_table.h"
#include "conformance/report/visible_text.h"

namespace lunway::conformance {
namespace {

std::string head(const MatrixTable& table, std::string_view first) {
  std::string names = "| " + std::string(first);
  std::string rule = "| ---";
  for (const RunRecord* run : table.runs) {
    names += " | " + markdown_escaped(name_of(*run));
    rule += " | ---";
  }
  return names + " |\n" + rule + " |\n";
}

std::string summary(const MatrixTable& table) {
  std::string text = head(table, "");
  for (const Verdict verdict : kVerdicts) {
    text += "| " + std::string(to_string(verdict));
    for (const RunRecord* run : table.runs) text += " | " + std::to_string(tally_of(*run).of(verdict));
    text += " |\n";
  }
  text += "| date";
  for (const RunRecord* run : table.runs) text += " | " + markdown_escaped(run->date.substr(0, run->date.find('T')));
  return text + " |\n";
}

std::string sections(const MatrixTable& table) {
  std::string text = head(table, "section");
  for (const MatrixChapter& chapter : table.chapters()) {
    text += "| " + markdown_escaped(chapter.number);
    for (const Tally& tally : chapter.tallies) text += " | " + share(tally);
    text += " |\n";
  }
  return text;
}

std::string row_text(const MatrixRow& row) {
  std::string text = "| `" + visible(row.id) + "` " + markdown_escaped(row.title);
  for (const TestRecord* test : row.tests) {
    text += " | " + std::string(test == nullptr ? "" : mark_of(test->verdict));
  }
  return text + " |\n";
}

void add_findings(std::string& text, const MatrixTable& table, const MatrixRow& row) {
  for (std::size_t run = 0; run < table.runs.size(); ++run) {
    const TestRecord* test = row.tests[run];
    if (test == nullptr || !needs_a_look(test->verdict)) continue;
    const std::string begin = "| `" + visible(row.id) + "` | " + markdown_escaped(name_of(*table.runs[run])) + " | " +
                              std::string(mark_of(test->verdict)) + " | ";
    if (!test->reason.empty()) text += begin + markdown_escaped(test->reason) + " | | |\n";
    for (const Finding& finding : test->findings) {
      text += begin + markdown_escaped(finding.expected) + " | " + markdown_escaped(finding.got) + " | " +
              markdown_escaped(finding.section) + " |\n";
    }
  }
}

std::string role_text(const MatrixTable& table) {
  const std::string role = table.judged == Judged::target ? "Targets" : "Initiators";
  std::string text = "\n## " + role + "\n\n" + summary(table);
  text += "\n### " + role + " by section\n\nTests that passed, of those that could be judged.\n\n" + sections(table);
  std::string findings;
  std::string all;
  for (const MatrixRow& row : table.rows) {
    all += row_text(row);
    add_findings(findings, table, row);
  }
  if (!findings.empty()) {
    text +=
        "\n### What was found in " + std::string(table.judged == Judged::target ? "targets" : "initiators") +
        "\n\n| test | implementation | verdict | expected | came | section |\n| --- | --- | --- | --- | --- | --- |\n" +
        findings;
  }
  return text + "\n### " + role + " test by test\n\n" + head(table, "test") + all;
}

}  // namespace

std::string matrix_markdown(std::span<const RunRecord> runs) {
  std::string text =
      "# Conformance of several implementations\n\n"
      "Made by `lunway conform matrix`. [reports.md](reports.md) says what the verdicts mean.\n";
  for (const Judged judged : {Judged::target, Judged::initiator}) {
    const MatrixTable table = matrix_table(runs, judged);
    if (!table.runs.empty()) text += role_text(table);
  }
  return text;
}

}  // namespace lunway::conformance
