// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/report/progress.h"

#include <algorithm>

namespace lunway::conformance {
namespace {

constexpr std::size_t kLongestBar = 24;

std::string bar(std::size_t done, std::size_t total, std::size_t cells) {
  const std::size_t filled = total == 0 ? cells : cells * std::min(done, total) / total;
  std::string cells_text(filled, '=');
  if (filled < cells) cells_text += '>';
  cells_text.resize(cells, ' ');
  return "[" + cells_text + "]";
}

}  // namespace

std::string progress_line(const Progress& progress, std::size_t width) {
  const std::string total = std::to_string(progress.total);
  std::string done = std::to_string(progress.done);
  done.insert(0, total.size() - std::min(total.size(), done.size()), ' ');
  std::string line = bar(progress.done, progress.total, std::min(kLongestBar, width / 4)) + " " + done + "/" + total;
  if (progress.remarkable > 0) line += "  " + std::to_string(progress.remarkable) + " to look at";
  std::string_view separator = "  ";
  for (const std::string_view id : progress.running) {
    line += std::string(separator) + std::string(id);
    separator = ", ";
    if (line.size() > width) break;
  }
  return line.substr(0, width);
}

}  // namespace lunway::conformance
