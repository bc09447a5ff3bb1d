// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "text/send_targets.h"

#include <cassert>

#include "text/key_table.h"

namespace lunway::text {
namespace {

constexpr std::string_view kAll = "All";

std::size_t size_of_pair(std::string_view key, std::string_view value) { return key.size() + value.size() + 2; }

}  // namespace

SendTargets parse_send_targets(std::string_view value) {
  if (value.empty()) return {SendTargets::Kind::own, {}};
  if (value == kAll) return {SendTargets::Kind::all, {}};
  return {SendTargets::Kind::named, std::string(value)};
}

bool add_target_record(TextWriter& out, const TargetRecord& record) {
  const std::string_view name_key = info_of(KeyId::target_name).name;
  const std::string_view address_key = info_of(KeyId::target_address).name;
  std::vector<std::string> addresses;
  std::size_t size = size_of_pair(name_key, record.name);
  for (const TargetAddress& address : record.addresses) {
    assert(address.portal_group_tag.has_value());
    addresses.push_back(to_string(address));
    size += size_of_pair(address_key, addresses.back());
  }
  if (size > out.room()) return false;

  bool added = out.add(name_key, record.name);
  for (const std::string& address : addresses) added = out.add(address_key, address) && added;
  return added;
}

std::string_view describe(RecordFault fault) {
  switch (fault) {
    case RecordFault::malformed_text:
      return "malformed text";
    case RecordFault::unexpected_key:
      return "a key that does not belong in a list of targets";
    case RecordFault::address_without_target:
      return "TargetAddress before the first TargetName";
    case RecordFault::bad_name:
      return "a target name that is empty or too long";
    case RecordFault::bad_address:
      return "a TargetAddress that is malformed or lacks its portal group tag";
  }
  return "";
}

std::expected<std::vector<TargetRecord>, RecordFault> parse_target_records(std::string_view text,
                                                                           const TextLimits& limits) {
  std::vector<TargetRecord> records;
  PairReader reader(text, limits);
  while (const auto pair = reader.next()) {
    if (pair->key == info_of(KeyId::target_name).name) {
      if (pair->value.empty() || pair->value.size() > kMaxNameLength) return std::unexpected(RecordFault::bad_name);
      records.push_back({std::string(pair->value), {}});
    } else if (pair->key == info_of(KeyId::target_address).name) {
      if (records.empty()) return std::unexpected(RecordFault::address_without_target);
      auto address = parse_target_address(pair->value);
      if (!address || !address->portal_group_tag) return std::unexpected(RecordFault::bad_address);
      records.back().addresses.push_back(std::move(*address));
    } else {
      return std::unexpected(RecordFault::unexpected_key);
    }
  }
  if (reader.fault()) return std::unexpected(RecordFault::malformed_text);
  return records;
}

}  // namespace lunway::text
