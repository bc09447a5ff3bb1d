// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "cli/server_log.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <climits>

namespace lunway::cli {
namespace {

/// sd-daemon(3): warning, informational, debug.
char priority_of(target::LogLevel level) {
  switch (level) {
    case target::LogLevel::problem:
      return '4';
    case target::LogLevel::event:
      return '6';
    case target::LogLevel::detail:
      return '7';
  }
  return '6';
}

}  // namespace

std::string escape_for_log(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (const char c : text) {
    if (c >= ' ' && c <= '~')
      escaped += c;
    else
      escaped += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  }
  return escaped;
}

void ServerLog::write(Instant now, target::LogLevel level, std::string_view line) {
  if (level > finest_) return;
  const std::lock_guard lock(mutex_);
  Budget& budget = budgets_[static_cast<std::size_t>(level)];
  if (!std::exchange(budget.has_begun, true)) {
    budget.credit = kBurst;
    budget.counted_at = now;
  }
  const auto earned =
      static_cast<std::uint64_t>((now - budget.counted_at) / (Duration(std::chrono::seconds(1)) / kPerSecond));
  if (earned != 0) {
    budget.credit = std::min<std::uint64_t>(kBurst, budget.credit + earned);
    budget.counted_at = now;
  }
  if (budget.credit == 0) {
    ++budget.left_out;
    return;
  }
  --budget.credit;
  if (budget.left_out != 0) {
    const std::uint64_t left_out = std::exchange(budget.left_out, 0);
    put(level, fmt::format("lines like the next that were left out: {}", left_out), budget);
  }
  put(level, escape_for_log(line), budget);
}

void ServerLog::put(target::LogLevel level, const std::string& line, Budget& budget) {
  const std::string priority = with_priorities_ ? fmt::format("<{}>", priority_of(level)) : std::string();
  if (!sink_(fmt::format("{}lunway serve: {}\n", priority, line))) ++budget.left_out;
}

bool write_to_stderr(const std::string& line) {
  pollfd error{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
  // A pipe that can be written to takes PIPE_BUF bytes without waiting, and as one piece.
  if (poll(&error, 1, 0) != 1 || (error.revents & POLLOUT) == 0) return false;
  const std::string_view piece = std::string_view(line).substr(0, PIPE_BUF);
  return ::write(STDERR_FILENO, piece.data(), piece.size()) == static_cast<ssize_t>(piece.size());
}

}  // namespace lunway::cli
