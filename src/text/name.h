// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// iSCSI names: their syntax, their normal form, and patterns over them for access lists.
//= rfc7143#4.2.7
//= rfc3722

#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <string_view>

namespace lunway::text {

//= rfc7143#4.2.7.2
inline constexpr std::size_t kMaxNameLength = 223;

/// Why a text is no iSCSI name.
enum class NameFault : std::uint8_t {
  empty,
  too_long,  // more than 223 bytes, as given or in normal form
  not_utf8,
  prohibited,      // a character that the stringprep profile prohibits
  unknown_type,    // neither iqn. nor eui. nor naa.
  bad_date,        // iqn.: not yyyy-mm
  bad_authority,   // iqn.: no reversed domain name
  bad_identifier,  // eui., naa.: not the right number of hexadecimal digits
};

std::string_view describe(NameFault fault);

enum class NameRules : std::uint8_t {
  rfc,      // what we name ourselves, and what we advise
  lenient,  // what peers are called in practice: other printable ASCII characters too, '_' above all
};

/// A valid iSCSI name in normal form: equal names have equal text.
class IscsiName {
 public:
  enum class Type : std::uint8_t { iqn, eui, naa };

  /// Checks and normalises. Upper case becomes lower case and so on: what a peer or a person gave may look different
  /// and still be the same name.
  static std::expected<IscsiName, NameFault> parse(std::string_view text, NameRules rules = NameRules::rfc);

  const std::string& text() const { return text_; }
  Type type() const;

  friend bool operator==(const IscsiName&, const IscsiName&) = default;
  friend auto operator<=>(const IscsiName&, const IscsiName&) = default;

 private:
  explicit IscsiName(std::string text) : text_(std::move(text)) {}

  std::string text_;
};

/// A line of an access list: a name, or a part of one with '*' for any run of characters ("iqn.1993-08.org.debian:*").
class NamePattern {
 public:
  /// The text between the stars is normalised as a name would be.
  static std::expected<NamePattern, NameFault> parse(std::string_view text, NameRules rules = NameRules::rfc);

  bool matches(const IscsiName& name) const;
  const std::string& text() const { return text_; }

 private:
  explicit NamePattern(std::string text) : text_(std::move(text)) {}

  std::string text_;
};

}  // namespace lunway::text

template <>
struct std::hash<lunway::text::IscsiName> {
  std::size_t operator()(const lunway::text::IscsiName& name) const { return std::hash<std::string>{}(name.text()); }
};
