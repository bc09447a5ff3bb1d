// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Attributes: tag, length, value. A value is padded with zeros to four bytes, and the padding counts as length.
//= rfc4171#5.3

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "isns/message.h"

namespace lunway::isns {

/// Those that a target writes or reads.
//= rfc4171#6.1
enum class Tag : std::uint32_t {
  delimiter = 0,
  entity_identifier = 1,
  entity_protocol = 2,
  registration_period = 6,
  portal_ip_address = 16,
  portal_port = 17,
  portal_symbolic_name = 18,
  iscsi_name = 32,
  iscsi_node_type = 33,
  iscsi_alias = 34,
  pg_iscsi_name = 48,
  pg_portal_ip_address = 49,
  pg_portal_port = 50,
  pg_tag = 51,
};

/// IPv6, or IPv4 as ::ffff:a.b.c.d.
//= rfc4171#6.3.1
using IpAddress = std::array<std::byte, 16>;

/// A view into a message.
struct Attribute {
  Tag tag{};
  Bytes value;

  /// Nothing unless the value has exactly four bytes.
  std::optional<std::uint32_t> number() const;

  /// Nothing unless the value has exactly sixteen bytes.
  std::optional<IpAddress> ip_address() const;

  /// Nothing unless the value has 4 to 256 bytes and is one text, its NUL, and zeros to the next four bytes. The bytes
  /// of the text are whatever the peer chose: never a format, never unescaped on a terminal.
  //= rfc4171#6.1
  std::optional<std::string_view> text() const;
};

/// Walks over the attributes of a message. After a violation there is nothing more.
class AttributeReader {
 public:
  explicit AttributeReader(Bytes attributes) : rest_(attributes) {}

  /// The next attribute; nothing at the end or at the first violation.
  std::optional<Attribute> next();

  std::optional<Violation> violation() const { return violation_; }

 private:
  Bytes rest_;
  std::optional<Violation> violation_;
};

/// Collects the attributes of a message to send.
class AttributeWriter {
 public:
  AttributeWriter& number(Tag tag, std::uint32_t value);
  AttributeWriter& ip_address(Tag tag, const IpAddress& value);
  /// With its NUL and padding. At most kMaxTextBytes and no NUL inside.
  AttributeWriter& text(Tag tag, std::string_view value);
  /// A zero-length attribute: what is asked for in a query, NULL in a registration.
  AttributeWriter& blank(Tag tag);
  AttributeWriter& delimiter() { return blank(Tag::delimiter); }
  AttributeWriter& append(const AttributeWriter& other);

  Bytes bytes() const { return bytes_; }
  std::size_t size() const { return bytes_.size(); }

 private:
  std::byte* extend(Tag tag, std::size_t length);

  std::vector<std::byte> bytes_;
};

}  // namespace lunway::isns
