// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "scsi/sanitize.h"

#include <array>
#include <cassert>
#include <charconv>
#include <utility>

#include "scsi/command.h"

namespace lunway::scsi {
namespace {

constexpr std::string_view kVersion = "sanitize-1";
constexpr unsigned kMostPasses = 31;

std::string_view take_word(std::string_view& text) {
  const std::size_t end = text.find_first_of(" \n");
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return word;
}

std::optional<unsigned> number_of(std::string_view digits, int base = 10) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string SanitizeOrder::to_record() const {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text(kVersion);
  text.append(method == Method::overwrite ? " overwrite " : " block-erase ").append(allows_exit ? "1 " : "0 ");
  text.append(std::to_string(passes)).append(inverts ? " 1 " : " 0 ");
  for (const std::byte byte : pattern) {
    const auto value = std::to_integer<unsigned>(byte);
    text += kDigits[value >> 4];
    text += kDigits[value & 0xfU];
  }
  return text + "\n";
}

std::optional<SanitizeOrder> SanitizeOrder::from_record(std::string_view record, std::size_t block_size) {
  if (take_word(record) != kVersion) return std::nullopt;
  const std::string_view method = take_word(record);
  const auto allows_exit = number_of(take_word(record));
  const auto passes = number_of(take_word(record));
  const auto inverts = number_of(take_word(record));
  const std::string_view pattern = take_word(record);
  const bool overwrites = method == "overwrite";
  if (!overwrites && method != "block-erase") return std::nullopt;
  if (!allows_exit || !passes || !inverts || *passes == 0 || *passes > kMostPasses) return std::nullopt;
  if (pattern.size() % 2 != 0 || pattern.empty() == overwrites || pattern.size() / 2 > block_size) return std::nullopt;
  SanitizeOrder order{.method = overwrites ? Method::overwrite : Method::block_erase,
                      .allows_exit = *allows_exit != 0,
                      .passes = static_cast<std::uint8_t>(*passes),
                      .inverts = *inverts != 0,
                      .pattern = {}};
  for (std::size_t at = 0; at < pattern.size(); at += 2) {
    const auto byte = number_of(pattern.substr(at, 2), 16);
    if (!byte) return std::nullopt;
    order.pattern.push_back(static_cast<std::byte>(*byte));
  }
  return order;
}

Sense SanitizeState::sense() const {
  if (phase() == Phase::failed) return {.key = SenseKey::medium_error, .code = SenseCode::sanitize_command_failed};
  return {.key = SenseKey::not_ready,
          .code = SenseCode::logical_unit_not_ready_sanitize_in_progress,
          .field = std::nullopt,
          .information = std::nullopt,
          .progress = progress_.load()};
}

void SanitizeState::begin(SanitizeOrder order) {
  assert(phase() != Phase::running);
  order_ = std::move(order);
  progress_ = 0;
  phase_.store(Phase::running, std::memory_order_release);
}

void SanitizeState::end(bool well) {
  phase_.store(well ? Phase::idle : Phase::failed, std::memory_order_release);
  wake();
}

void SanitizeState::wait(Task& task, Waker& waker) {
  task_ = &task;
  waker_ = &waker;
}

void SanitizeState::forget(const Task& task) {
  if (task_ == &task) task_ = nullptr;
}

void SanitizeState::wake() {
  if (task_ != nullptr) waker_->wake(*task_);
}

}  // namespace lunway::scsi
