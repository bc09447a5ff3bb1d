// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/ledger/coverage_report.h"

namespace lunway::conformance {

namespace {

using Cells = std::vector<std::string>;

constexpr std::array kRoles = {wire::Role::target, wire::Role::initiator};
constexpr std::size_t kChapterWidth = 14;

std::string_view title_of(wire::Role role) { return role == wire::Role::target ? "Target" : "Initiator"; }

void add_counts(Cells& cells, const RowCounts& counts) {
  for (const std::size_t count : {counts.due(), counts.tested, counts.checked, counts.excepted, counts.open}) {
    cells.push_back(std::to_string(count));
  }
}

/// The names of the columns; they are also the width of the numbers below them.
const Cells& head() {
  static const Cells kHead = {"section",       "target due", "tested",  "checked",  "excepted", "open",
                              "initiator due", "tested",     "checked", "excepted", "open"};
  return kHead;
}

std::string line_of(const Cells& cells, Markup markup) {
  std::string line = markup == Markup::markdown ? "| " : "";
  for (std::size_t column = 0; column < cells.size(); ++column) {
    if (markup == Markup::markdown) {
      line += cells[column] + (column + 1 < cells.size() ? " | " : " |");
      continue;
    }
    const std::size_t width = column == 0 ? kChapterWidth : head()[column].size() + 2;
    const std::string padding(width > cells[column].size() ? width - cells[column].size() : 0, ' ');
    line += column == 0 ? cells[column] + padding : padding + cells[column];
  }
  return line + "\n";
}

/// In the order of the ledger.
std::vector<std::string> chapters() {
  std::vector<std::string> chapters;
  for (const Requirement& row : requirements()) {
    if (chapters.empty() || chapters.back() != chapter_of(row)) chapters.push_back(chapter_of(row));
  }
  return chapters;
}

void add_line(std::string& table, const Coverage& coverage, std::string_view chapter, Markup markup) {
  Cells cells = {std::string(chapter.empty() ? "all" : chapter)};
  std::size_t due = 0;
  for (const wire::Role role : kRoles) {
    const RowCounts counts = coverage.counts(role, chapter);
    due += counts.due();
    add_counts(cells, counts);
  }
  if (due > 0) table += line_of(cells, markup);
}

void add_title(std::string& text, wire::Role role, Markup markup) {
  if (markup == Markup::markdown) {
    text += std::string(text.empty() ? "" : "\n") + "## " + std::string(title_of(role)) + "\n\n";
  } else {
    text += std::string(title_of(role)) + "\n";
  }
}

std::string line_of(const Requirement& row, std::string_view words, Markup markup) {
  std::string line = markup == Markup::markdown ? "* `" : "  ";
  line += row.id;
  line += markup == Markup::markdown ? "` **" : " ";
  line += to_string(row.level);
  line += markup == Markup::markdown ? "** " : ": ";
  return line.append(words) + "\n";
}

}  // namespace

std::string coverage_table(const Coverage& coverage, Markup markup) {
  std::string table = line_of(head(), markup);
  if (markup == Markup::markdown) table += line_of(Cells(head().size(), "---"), markup);
  for (const std::string& chapter : chapters()) add_line(table, coverage, chapter, markup);
  add_line(table, coverage, {}, markup);
  return table;
}

std::string open_rows(const Coverage& coverage, Markup markup) {
  std::string text;
  for (const wire::Role role : kRoles) {
    if (coverage.counts(role).open == 0) continue;
    add_title(text, role, markup);
    for (std::size_t place = 0; place < requirements().size(); ++place) {
      const Requirement& row = requirements()[place];
      if (coverage.state(place, role) == RowState::open) text += line_of(row, row.statement, markup);
    }
  }
  return text;
}

std::string exception_list(Markup markup) {
  std::string text;
  for (const wire::Role role : kRoles) {
    add_title(text, role, markup);
    for (const Exception& exception : exceptions()) {
      if (exception.role != role) continue;
      for (const Requirement& row : exception.rows) text += line_of(row, exception.reason, markup);
    }
  }
  return text;
}

}  // namespace lunway::conformance
