// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/report/explain.h"

#include <algorithm>
#include <utility>

#include "conformance/report/paragraph.h"
#include "conformance/report/run_result.h"
#include "conformance/report/tally.h"
#include "conformance/report/visible_text.h"

namespace lunway::conformance {
namespace {

constexpr std::size_t kTextWidth = 80;
// Below the limit for lines of documents: a word may stay that would begin a list.
constexpr std::size_t kPageWidth = 110;

std::string needs_text(const Test& test) {
  std::string text;
  for (unsigned index = 0; index < kNeedCount; ++index) {
    const auto need = static_cast<Need>(index);
    if (test.needs.has(need)) text += (text.empty() ? "Needs " : ", ") + std::string(to_string(need));
  }
  return text.empty() ? text : text + ".";
}

std::string conduct_text(const Test& test) {
  std::string text = needs_text(test);
  if (test.pace == Pace::slow) text += std::string(text.empty() ? "" : " ") + "Waits for clocks of the protocol.";
  if (test.alone) text += std::string(text.empty() ? "" : " ") + "Nothing else runs beside it.";
  return text;
}

std::string as_text(const Test& test) {
  std::string text = std::string(test.id) + ", judges a" + (test.judged() == Judged::target ? " " : "n ") +
                     std::string(to_string(test.judged())) + "\n";
  text += paragraph(test.title, kTextWidth) + "\n" + paragraph(test.about, kTextWidth);
  const std::string conduct = conduct_text(test);
  if (!conduct.empty()) text += "\n" + paragraph(conduct, kTextWidth);
  if (!test.proves.empty()) text += "\nProves\n";
  for (const Requirement& row : test.proves) {
    text += "  " + std::string(row.id) + " " + std::string(to_string(row.level)) + "\n" +
            paragraph(row.statement, kTextWidth, "    ");
  }
  return text;
}

std::string as_markdown(const Test& test) {
  std::string text = "## " + std::string(test.id) + "\n\n";
  text += paragraph(markdown_escaped(test.title) + ".", kPageWidth) + "\n";
  text += paragraph(markdown_escaped(test.about), kPageWidth);
  const std::string conduct = conduct_text(test);
  if (!conduct.empty()) text += "\n" + paragraph(markdown_escaped(conduct), kPageWidth);
  if (test.proves.empty()) return text;
  text += "\n| requirement | level | what it says |\n| --- | --- | --- |\n";
  for (const Requirement& row : test.proves) {
    text += "| `" + std::string(row.id) + "` | " + std::string(to_string(row.level)) + " | " +
            markdown_escaped(row.statement) + " |\n";
  }
  return text;
}

struct Chapter {
  std::string_view number;
  std::vector<const Test*> tests;
};

std::vector<Chapter> chapters_of(std::span<const Test* const> tests) {
  std::vector<Chapter> chapters;
  for (const Test* test : tests) {
    const std::string_view number = chapter_of(test->section());
    auto place = std::ranges::find(chapters, number, &Chapter::number);
    if (place == chapters.end()) place = chapters.insert(place, Chapter{.number = number, .tests = {}});
    place->tests.push_back(test);
  }
  std::ranges::sort(chapters, stands_before, &Chapter::number);
  for (Chapter& chapter : chapters) {
    std::ranges::stable_sort(chapter.tests, stands_before, [](const Test* test) { return test->section(); });
  }
  return chapters;
}

void add_pages(std::vector<DocumentPage>& pages, std::string& index, Judged judged,
               std::span<const Test* const> tests) {
  const std::string role(to_string(judged));
  index += "\n## Tests of " + role + "s\n\n| section | tests |\n| --- | --- |\n";
  for (const Chapter& chapter : chapters_of(tests)) {
    DocumentPage page;
    page.name = role + "-" + std::string(chapter.number) + ".md";
    page.text = "# Section " + std::string(chapter.number) + ", tests of " + role + "s\n\n" +
                "Made from the headers of the tests by `tools/test_pages.py`. [All sections](README.md)\n";
    for (const Test* test : chapter.tests) page.text += "\n" + explain(*test, Markup::markdown);
    index +=
        "| [" + std::string(chapter.number) + "](" + page.name + ") | " + std::to_string(chapter.tests.size()) + " |\n";
    pages.push_back(std::move(page));
  }
}

}  // namespace

std::string explain(const Test& test, Markup markup) {
  return markup == Markup::markdown ? as_markdown(test) : as_text(test);
}

std::string test_list(std::span<const Test* const> tests) {
  std::size_t width = 0;
  for (const Test* test : tests) width = std::max(width, test->id.size());
  std::string list;
  for (const Test* test : tests) {
    std::string id(test->id);
    id.resize(width, ' ');
    list += id + "  " + std::string(test->title) + "\n";
  }
  return list;
}

std::vector<DocumentPage> test_pages(std::span<const Test* const> of_targets,
                                     std::span<const Test* const> of_initiators) {
  std::vector<DocumentPage> pages;
  std::string index = "# The tests of the conformance suite\n\n";
  index +=
      "A page for each section of RFC 7143, and on it each test: what it does, what it needs, and the requirements\n"
      "that it proves. `lunway conform explain ID` prints the same. Made from the headers of the tests by\n"
      "`tools/test_pages.py`.\n";
  add_pages(pages, index, Judged::target, of_targets);
  add_pages(pages, index, Judged::initiator, of_initiators);
  pages.push_back({.name = "README.md", .text = std::move(index)});
  return pages;
}

}  // namespace lunway::conformance
