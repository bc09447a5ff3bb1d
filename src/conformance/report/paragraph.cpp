// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/report/paragraph.h"

namespace lunway::conformance {
namespace {

/// "-", "+", "#...", ">..." and "11." begin a list, a heading or a quotation.
bool begins_markup(std::string_view word) {
  if (word == "-" || word == "+" || word.front() == '#' || word.front() == '>') return true;
  const std::size_t digits = word.find_first_not_of("0123456789");
  return digits != 0 && digits != std::string_view::npos && digits + 1 == word.size() &&
         (word[digits] == '.' || word[digits] == ')');
}

}  // namespace

std::string paragraph(std::string_view text, std::size_t width, std::string_view indent) {
  std::string out;
  std::string line;
  while (!text.empty()) {
    const std::size_t end = text.find(' ');
    const std::string_view word = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (word.empty()) continue;
    const bool fits = line.empty() || indent.size() + line.size() + 1 + word.size() <= width;
    if (!fits && !begins_markup(word)) {
      out += std::string(indent) + line + "\n";
      line.clear();
    }
    if (!line.empty()) line += ' ';
    line += word;
  }
  return line.empty() ? out : out + std::string(indent) + line + "\n";
}

}  // namespace lunway::conformance
