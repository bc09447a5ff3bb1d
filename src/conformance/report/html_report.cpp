// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/report/html_report.h"

#include <array>
#include <utility>

#include "conformance/report/html_of_one.h"
#include "conformance/report/html_page.h"
#include "conformance/report/tally.h"
#include "conformance/report/visible_text.h"

namespace lunway::conformance {
namespace {

// Of all captures in a page together, before base64.
constexpr std::size_t kMostCaptureBytes = std::size_t{24} << 20;

std::string cell(std::size_t count) { return element("td", count == 0 ? "n zero" : "n", std::to_string(count)); }

std::string header_html(const RunResult& run) {
  const std::pair<std::string_view, std::string> facts[] = {{"judged", std::string(to_string(run.judged))},
                                                            {"subject", run.subject},
                                                            {"date", run.date},
                                                            {"suite", "Lunway " + run.suite},
                                                            {"seed", std::to_string(run.seed)},
                                                            {"took", duration_text(run.took)}};
  std::string html = "<header>" + element("h1", "", run.label.empty() ? "Conformance to RFC 7143" : run.label) +
                     "<dl class=\"facts\">";
  for (const auto& [name, value] : facts) {
    if (!value.empty()) html += element("dt", "", name) + element("dd", "", value);
  }
  html += "</dl>";
  for (const std::string& remark : run.remarks) html += element("p", "found warn", remark);
  return html + "</header>\n";
}

/// A bar, and a tile for each verdict that hides or shows its tests.
std::string summary_html(const Tally& tally) {
  std::string bar = "<div class=\"bar\">";
  std::string tiles = "<div class=\"tiles\">";
  for (const Verdict verdict : kVerdicts) {
    const std::string count = std::to_string(tally.of(verdict));
    const std::string slug = slug_of(verdict);
    if (tally.of(verdict) > 0) bar.append("<i class=\"").append(slug).append("\" style=\"flex:" + count + "\"></i>");
    tiles.append("<label class=\"tile ").append(slug).append("\"><input type=\"checkbox\" id=\"f-").append(slug);
    tiles.append("\" checked>")
        .append(element("b", "", count))
        .append(" ")
        .append(to_string(verdict))
        .append("</label>");
  }
  return bar + "</div>" + tiles + "</div>\n";
}

std::string findings_list(const RunResult& run) {
  std::string html;
  for (const SectionOutcomes& section : by_section(run.outcomes)) {
    for (const Outcome* outcome : section.outcomes) {
      if (!needs_a_look(outcome->verdict)) continue;
      const std::string_view id = outcome->test->id;
      html += "<div class=\"" + slug_of(outcome->verdict) + "\">" + element("span", "mark", mark_of(outcome->verdict)) +
              " <a href=\"#" + escaped(anchor_of(id)) + "\">" + element("code", "", id) + "</a> " +
              element("span", "title", outcome->test->title) + findings_html(*outcome) + "</div>\n";
    }
  }
  if (html.empty()) return {};
  return "<section><h2>What to look at</h2>\n" + html + "</section>\n";
}

std::string results_table(const std::vector<SectionOutcomes>& sections) {
  std::string html = "<section><h2>Results by section</h2><div class=\"scroll\"><table><thead><tr><th>section</th>";
  for (const Verdict verdict : kVerdicts) html += element("th", "n", to_string(verdict));
  html += "</tr></thead><tbody>";
  for (std::size_t place = 0; place < sections.size();) {
    const std::string_view chapter = chapter_of(sections[place].section);
    Tally tally;
    for (; place < sections.size() && chapter_of(sections[place].section) == chapter; ++place) {
      for (const Outcome* outcome : sections[place].outcomes) tally.add(outcome->verdict);
    }
    html += "<tr><td><a href=\"#s-" + escaped(chapter) + "\">" + escaped(chapter) + "</a></td>";
    for (const Verdict verdict : kVerdicts) html += cell(tally.of(verdict));
    html += "</tr>";
  }
  return html + "</tbody></table></div></section>\n";
}

std::string counts_row(std::string_view name, const RowCounts& counts, bool all) {
  std::string html = all ? "<tr class=\"all\">" : "<tr>";
  html += element("td", "", name);
  for (const std::size_t count : {counts.due(), counts.tested, counts.checked, counts.excepted, counts.open}) {
    html += cell(count);
  }
  return html + "</tr>";
}

/// One line, which opens to the table.
std::string coverage_html(const Coverage& coverage, Judged judged) {
  const wire::Role role = judged == Judged::target ? wire::Role::target : wire::Role::initiator;
  const RowCounts all = coverage.counts(role);
  std::string html =
      "<section><h2>Coverage of the requirements</h2><details><summary>" + std::to_string(all.due() - all.open) +
      " of " + std::to_string(all.due()) +
      " requirements are proved or excepted with a reason, by section</summary>"
      "<p class=\"soft\">Each MUST and MUST NOT of RFC 7143 and RFC 7144 that binds this role and shows on "
      "the wire: proved by a test, seen by the checker that reads every PDU, excepted with a written "
      "reason, or open.</p><div class=\"scroll\"><table><thead><tr><th>section</th>";
  for (const std::string_view name : {"due", "tested", "checked", "excepted", "open"}) html += element("th", "n", name);
  html += "</tr></thead><tbody>";
  std::string last;
  for (const Requirement& row : requirements()) {
    const std::string chapter = chapter_of(row);
    if (chapter == last) continue;
    last = chapter;
    const RowCounts counts = coverage.counts(role, chapter);
    if (counts.due() > 0) html += counts_row(chapter, counts, false);
  }
  return html + counts_row("all", all, true) + "</tbody></table></div></details></section>\n";
}

std::string filters_html(const std::vector<SectionOutcomes>& sections) {
  std::string html =
      "<div class=\"filters\"><input id=\"words\" type=\"search\" placeholder=\"search the tests\" "
      "aria-label=\"search the tests\"><select id=\"section\" aria-label=\"section\">"
      "<option value=\"\">all sections</option>";
  std::string_view last;
  for (const SectionOutcomes& section : sections) {
    const std::string_view chapter = chapter_of(section.section);
    if (chapter != last) html += element("option", "", chapter);
    last = chapter;
  }
  return html + "</select></div>\n";
}

}  // namespace

std::string html_report(const RunResult& run, const Coverage& coverage) {
  const std::vector<SectionOutcomes> sections = by_section(run.outcomes);
  std::string html = page_begin("Conformance: " + (run.label.empty() ? run.subject : run.label));
  html += header_html(run) + summary_html(tally_of(run.outcomes)) + findings_list(run) + results_table(sections) +
          coverage_html(coverage, run.judged) + "<section><h2>Tests</h2>\n" + filters_html(sections);
  std::size_t budget = kMostCaptureBytes;
  std::string_view last;
  for (const SectionOutcomes& section : sections) {
    const std::string_view chapter = chapter_of(section.section);
    if (chapter != last) html += "<h3 id=\"s-" + escaped(chapter) + "\">Section " + escaped(chapter) + "</h3>\n";
    last = chapter;
    for (const Outcome* outcome : section.outcomes) html += test_html(*outcome, budget);
  }
  return html + "</section>\n" + page_end();
}

}  // namespace lunway::conformance
