// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Several implementations side by side: what each does in each test.

#pragma once

#include <span>
#include <string>

#include "conformance/report/json_result.h"

namespace lunway::conformance {

/// A page in Markdown, and the same as one self-contained page of HTML. Targets and initiators have tables of their
/// own; the runs stand in the order in which they were given.
std::string matrix_markdown(std::span<const RunRecord> runs);
std::string matrix_html(std::span<const RunRecord> runs);

}  // namespace lunway::conformance
