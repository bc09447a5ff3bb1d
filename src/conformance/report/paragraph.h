// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Prose in lines of a bounded width.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lunway::conformance {

/// Breaks `text` at its blanks so that lines have at most `width` columns, longer words apart. Each line begins with
/// `indent` and ends with a newline. A word that Markdown would take for a mark at the beginning of a line stays with
/// the one before it.
std::string paragraph(std::string_view text, std::size_t width, std::string_view indent = {});

}  // namespace lunway::conformance
