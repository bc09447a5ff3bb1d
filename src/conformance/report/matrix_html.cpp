// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/report/html_page.h"
#include "conformance/report/matrix.h"
#include "conformance/report/matrix_table.h"
#include "conformance/report/visible_text.h"

namespace lunway::conformance {
namespace {

std::string head(const MatrixTable& table, std::string_view first, std::string_view kind = {}) {
  std::string html =
      "<div class=\"scroll\"><table class=\"" + escaped(kind) + "\"><thead><tr>" + element("th", "", first);
  for (const RunRecord* run : table.runs) html += element("th", "", name_of(*run));
  return html + "</tr></thead><tbody>\n";
}

std::string summary(const MatrixTable& table) {
  std::string html = head(table, "");
  for (const Verdict verdict : kVerdicts) {
    html += "<tr>" + element("td", "", to_string(verdict));
    for (const RunRecord* run : table.runs) html += element("td", "", std::to_string(tally_of(*run).of(verdict)));
    html += "</tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

/// A share for each run, and a bar of its verdicts.
std::string sections(const MatrixTable& table) {
  std::string html = head(table, "section", "even");
  for (const MatrixChapter& chapter : table.chapters()) {
    html += "<tr>" + element("td", "", chapter.number);
    for (const Tally& tally : chapter.tallies) {
      html += "<td title=\"" + escaped(tally.text()) + "\">" + escaped(share(tally)) + "<div class=\"bar\">";
      for (const Verdict verdict : kVerdicts) {
        if (tally.of(verdict) == 0) continue;
        html.append("<i class=\"").append(slug_of(verdict)).append("\" style=\"flex:");
        html.append(std::to_string(tally.of(verdict))).append("\"></i>");
      }
      html += "</div></td>";
    }
    html += "</tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

std::string findings_of(const TestRecord& test, const RunRecord& run) {
  std::string html = "<div class=\"found " + slug_of(test.verdict) + "\">" + element("b", "", name_of(run)) + " " +
                     element("span", "mark", mark_of(test.verdict)) + "<dl>";
  if (!test.reason.empty()) html += element("dt", "", "because") + element("dd", "", test.reason);
  for (const Finding& finding : test.findings) {
    html += element("dt", "", "expected") + element("dd", "", finding.expected);
    if (!finding.got.empty()) html += element("dt", "", "came") + element("dd", "", finding.got);
    html += element("dt", "", "section") + element("dd", "", finding.section);
  }
  return html + "</dl></div>";
}

std::string row_html(const MatrixTable& table, const MatrixRow& row) {
  std::string found;
  std::string cells;
  for (std::size_t run = 0; run < table.runs.size(); ++run) {
    const TestRecord* test = row.tests[run];
    if (test == nullptr) {
      cells += "<td></td>";
      continue;
    }
    cells +=
        "<td class=\"" + slug_of(test->verdict) + "\">" + element("span", "mark", mark_of(test->verdict)) + "</td>";
    if (needs_a_look(test->verdict)) found += findings_of(*test, *table.runs[run]);
  }
  std::string name = element("code", "", row.id) + " " + element("span", "title", row.title);
  if (!found.empty()) name = "<details><summary>" + name + "</summary>" + found + "</details>";
  return "<tr data-section=\"" + escaped(chapter_of(row.section)) + "\"><td class=\"wide\">" + name + "</td>" + cells +
         "</tr>\n";
}

std::string role_html(const MatrixTable& table) {
  std::string html = "<section><h2>" + std::string(table.judged == Judged::target ? "Targets" : "Initiators") +
                     "</h2>\n" + summary(table) + "<h3>By section</h3>\n" + sections(table) +
                     "<h3>Where they differ, or fail</h3>\n" + head(table, "test");
  for (const MatrixRow& row : table.rows) {
    if (row.is_remarkable()) html += row_html(table, row);
  }
  html += "</tbody></table></div>\n<details><summary>All tests</summary>" + head(table, "test");
  for (const MatrixRow& row : table.rows) html += row_html(table, row);
  return html + "</tbody></table></div></details></section>\n";
}

}  // namespace

std::string matrix_html(std::span<const RunRecord> runs) {
  std::string html = page_begin("Conformance of several implementations") +
                     "<h1>Conformance of several implementations</h1>\n<div class=\"filters\"><input id=\"words\" "
                     "type=\"search\" placeholder=\"search the tests\" aria-label=\"search the tests\"></div>\n";
  for (const Judged judged : {Judged::target, Judged::initiator}) {
    const MatrixTable table = matrix_table(runs, judged);
    if (!table.runs.empty()) html += role_html(table);
  }
  return html + page_end();
}

}  // namespace lunway::conformance
