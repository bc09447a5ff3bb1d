// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The rows of the ledger that a test proves. An id that the ledger does not have stops the compiler:
//
//   constexpr Test kTests[] = {{.proves = "R7143-6.3.1-01 R7143-11.13.8-01"}};

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "conformance/ledger/ids.h"
#include "conformance/ledger/requirement.h"

namespace lunway::conformance {

/// The place of a row in requirements(), by its id.
constexpr std::optional<std::uint16_t> place_of(std::string_view id);

/// What is wrong with a list of ids.
enum class RowsFault : std::uint8_t { none, row_unknown, row_named_twice, too_many_rows };

/// A small set of rows, in the order in which they were named. A literal type: it lives in constexpr tables.
class Rows {
 public:
  static constexpr std::size_t kMost = 16;

  class Iterator;

  constexpr Rows() = default;

  /// Ids with spaces between them. Compile time only: a wrong id, one named twice, or more than kMost is an error.
  consteval Rows(const char* ids);  // NOLINT(google-explicit-constructor): a table names its rows by a literal.

  constexpr std::size_t size() const { return size_; }
  constexpr bool empty() const { return size_ == 0; }

  /// Places in requirements().
  constexpr std::span<const std::uint16_t> places() const { return {places_.data(), size_}; }
  constexpr bool contains(std::uint16_t place) const;

  /// Over const Requirement&.
  Iterator begin() const;
  Iterator end() const;

  /// Adds the rows that `ids` names up to the first that is wrong.
  constexpr RowsFault add(std::string_view ids);

 private:
  constexpr RowsFault add_one(std::string_view id);

  std::array<std::uint16_t, kMost> places_{};
  std::uint8_t size_ = 0;
};

class Rows::Iterator {
 public:
  using value_type = Requirement;
  using difference_type = std::ptrdiff_t;

  Iterator() = default;
  explicit Iterator(const std::uint16_t* place) : place_(place) {}

  const Requirement& operator*() const { return requirements()[*place_]; }
  const Requirement* operator->() const { return &**this; }
  Iterator& operator++() {
    ++place_;
    return *this;
  }
  Iterator operator++(int) { return Iterator(place_++); }
  bool operator==(const Iterator&) const = default;

 private:
  const std::uint16_t* place_ = nullptr;
};

inline Rows::Iterator Rows::begin() const { return Iterator(places_.data()); }
inline Rows::Iterator Rows::end() const { return Iterator(places_.data() + size_); }

// Not constexpr: the compiler stops where Rows is made of a wrong literal, and prints the name.
void this_row_is_not_in_the_ledger();
void this_row_is_named_twice();
void these_are_more_rows_than_a_test_may_name();

consteval Rows::Rows(const char* ids) {
  switch (add(ids)) {
    case RowsFault::none:
      break;
    case RowsFault::row_unknown:
      this_row_is_not_in_the_ledger();
      break;
    case RowsFault::row_named_twice:
      this_row_is_named_twice();
      break;
    case RowsFault::too_many_rows:
      these_are_more_rows_than_a_test_may_name();
      break;
  }
}

constexpr bool Rows::contains(std::uint16_t place) const {
  for (const std::uint16_t known : places()) {
    if (known == place) return true;
  }
  return false;
}

constexpr RowsFault Rows::add(std::string_view ids) {
  while (!ids.empty()) {
    const std::size_t length = ids.find(' ') == std::string_view::npos ? ids.size() : ids.find(' ');
    if (length > 0) {
      const RowsFault fault = add_one(ids.substr(0, length));
      if (fault != RowsFault::none) return fault;
    }
    ids.remove_prefix(length < ids.size() ? length + 1 : length);
  }
  return RowsFault::none;
}

constexpr RowsFault Rows::add_one(std::string_view id) {
  const std::optional<std::uint16_t> place = place_of(id);
  if (!place) return RowsFault::row_unknown;
  if (contains(*place)) return RowsFault::row_named_twice;
  if (size_ == kMost) return RowsFault::too_many_rows;
  places_[size_++] = *place;
  return RowsFault::none;
}

constexpr std::optional<std::uint16_t> place_of(std::string_view id) {
  std::size_t first = 0;
  std::size_t end = std::size(kLedgerIds);
  while (first < end) {
    const std::size_t middle = first + (end - first) / 2;
    if (kLedgerIds[middle].id == id) return kLedgerIds[middle].place;
    if (kLedgerIds[middle].id < id) {
      first = middle + 1;
    } else {
      end = middle;
    }
  }
  return std::nullopt;
}

}  // namespace lunway::conformance
