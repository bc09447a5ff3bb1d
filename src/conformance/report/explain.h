// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What tests say of themselves, for readers: one test, all of them as a list, and the pages of docs/conformance/tests.

#pragma once

#include <span>
#include <string>
#include <vector>

#include "conformance/ledger/coverage_report.h"
#include "conformance/script/test.h"

namespace lunway::conformance {

/// A test from its header: title, what it does, what it needs, the rows that it proves with what they say.
std::string explain(const Test& test, Markup markup);

/// A line for each test: id and title.
std::string test_list(std::span<const Test* const> tests);

struct DocumentPage {
  std::string name;  // of the file
  std::string text;
};

/// A page in Markdown for each section with tests of a role, and README.md, which names them. The files are few: a
/// page for each test would be hundreds.
std::vector<DocumentPage> test_pages(std::span<const Test* const> of_targets,
                                     std::span<const Test* const> of_initiators);

}  // namespace lunway::conformance
