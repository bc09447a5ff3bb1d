// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A target names addresses: where its targets are reached, and where to go instead. An initiator that takes them at
// their word goes past the proxy, so they become the proxy's own.
//= rfc7143#C
//= rfc7143#13.8

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/target_address.h"

namespace lunway::proxy {

enum class AddressPolicy : std::uint8_t {
  matching,  // those of the target behind the proxy
  all,       // whatever the target says
  keep,      // none
};

struct AddressRewriting {
  AddressPolicy policy = AddressPolicy::matching;
  /// Where the proxy connects to, under all its names.
  std::vector<text::TargetAddress> target{};
  /// Where the initiator has reached the proxy.
  text::TargetAddress proxy{};
};

/// What became of one data segment of text.
struct RewrittenText {
  std::string text;
  unsigned replaced = 0;
  /// Addresses that an initiator will reach without the proxy, or that could not be read.
  std::vector<std::string> kept{};
};

/// `segment` is the data of one Text Response or Login Response; `begins_in_pair` says that it goes on with a pair of
/// the segment before. Pairs that are cut by an end of the segment stay as they are.
RewrittenText rewrite_addresses(std::string_view segment, bool begins_in_pair, const AddressRewriting& rewriting);

}  // namespace lunway::proxy
