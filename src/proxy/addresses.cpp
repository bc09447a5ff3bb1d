// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "proxy/addresses.h"

#include <algorithm>

namespace lunway::proxy {
namespace {

constexpr std::string_view kKey = "TargetAddress=";

bool is_meant(const text::TargetAddress& address, const AddressRewriting& rewriting) {
  if (rewriting.policy != AddressPolicy::matching) return rewriting.policy == AddressPolicy::all;
  return std::ranges::any_of(rewriting.target, [&](const text::TargetAddress& own) {
    return own.host == address.host && own.port == address.port;
  });
}

void rewrite_value(std::string_view value, const AddressRewriting& rewriting, RewrittenText& result) {
  auto address = text::parse_target_address(value);
  if (address && is_meant(*address, rewriting)) {
    address->host = rewriting.proxy.host;
    address->port = rewriting.proxy.port;
    result.text += text::to_string(*address);
    ++result.replaced;
  } else {
    result.text += value;
    result.kept.emplace_back(value);
  }
}

}  // namespace

RewrittenText rewrite_addresses(std::string_view segment, bool begins_in_pair, const AddressRewriting& rewriting) {
  RewrittenText result;
  while (!segment.empty()) {
    const std::size_t end = segment.find('\0');
    const bool is_whole = end != std::string_view::npos && !begins_in_pair;
    const std::string_view pair = segment.substr(0, end);
    if (pair.starts_with(kKey) && is_whole) {
      result.text += kKey;
      rewrite_value(pair.substr(kKey.size()), rewriting, result);
    } else {
      result.text += pair;
      if (!is_whole && pair.starts_with(kKey)) result.kept.emplace_back(pair.substr(kKey.size()));
    }
    if (end == std::string_view::npos) break;
    result.text += '\0';
    segment.remove_prefix(end + 1);
    begins_in_pair = false;
  }
  return result;
}

}  // namespace lunway::proxy
