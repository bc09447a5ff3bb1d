// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The SendTargets request and the list of targets that answers it, for both roles.
//= rfc7143#C

#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "text/key_value.h"
#include "text/name.h"
#include "text/target_address.h"

namespace lunway::text {

/// The value of the SendTargets key.
struct SendTargets {
  enum class Kind : std::uint8_t {
    all,    // every target; discovery sessions only
    named,  // the target `name`
    own,    // the target of this session; normal sessions only
  };
  Kind kind;
  std::string name;
};

/// Never fails: what is neither "All" nor empty is a name, which the caller may fail to parse or to know.
SendTargets parse_send_targets(std::string_view value);

struct TargetRecord {
  std::string name;
  std::vector<TargetAddress> addresses;

  friend bool operator==(const TargetRecord&, const TargetRecord&) = default;
};

/// Adds one record. False when it does not fit: then nothing of it was added. Every address has its portal group tag.
[[nodiscard]] bool add_target_record(TextWriter& out, const TargetRecord& record);

enum class RecordFault : std::uint8_t {
  malformed_text,          // the text breaks the rules of section 6.1
  unexpected_key,          // a key other than TargetName and TargetAddress
  address_without_target,  // a TargetAddress before the first TargetName
  bad_name,
  bad_address,  // no TargetAddress, or one without a portal group tag
};

std::string_view describe(RecordFault fault);

/// A list of targets is longer than a negotiation: room for some ten thousand.
inline constexpr TextLimits kTargetListLimits{.bytes = 4U << 20, .pairs = 65536, .continuations = 1024};

/// Reads a whole answer. Names are as the target sent them, checked for their length only: an initiator has to log in
/// by this very text, whatever it thinks of it.
std::expected<std::vector<TargetRecord>, RecordFault> parse_target_records(
    std::string_view text, const TextLimits& limits = kTargetListLimits);

}  // namespace lunway::text
