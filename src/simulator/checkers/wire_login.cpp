// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "simulator/checkers/wire_login.h"

#include <algorithm>
#include <string_view>

namespace lunway::simulator {
namespace {

constexpr std::uint8_t kContinues = 0x40;

bool is_value(std::string_view value) { return value != "Irrelevant" && value != "Reject" && value != "NotUnderstood"; }

}  // namespace

void LoginReader::take(Role from, const WirePdu& pdu) {
  std::string& text = text_[static_cast<std::size_t>(from)];
  text.append(text_of(pdu.data()));
  if ((pdu.u8(1) & kContinues) != 0) return;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('\0'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || !is_value(pair.substr(equals + 1))) continue;
    const std::string key(pair.substr(0, equals));
    said_[key] = pair.substr(equals + 1);
    declared_[static_cast<std::size_t>(from)][key] = pair.substr(equals + 1);
  }
  text.clear();
}

std::uint32_t LoginReader::number(const std::string& key, std::uint32_t otherwise) const {
  const auto found = said_.find(key);
  return found == said_.end() ? otherwise : static_cast<std::uint32_t>(std::stoul(found->second, nullptr, 0));
}

bool LoginReader::boolean(const std::string& key, bool otherwise) const {
  const auto found = said_.find(key);
  return found == said_.end() ? otherwise : found->second == "Yes";
}

DigestUse LoginReader::digests() const {
  const auto is_on = [this](const char* key) {
    const auto found = said_.find(key);
    return found != said_.end() && found->second == "CRC32C";
  };
  return {.header = is_on("HeaderDigest"), .data = is_on("DataDigest")};
}

Agreed LoginReader::agreed() const {
  Agreed agreed;
  agreed.initial_r2t = boolean("InitialR2T", true);
  agreed.immediate_data = boolean("ImmediateData", true);
  agreed.max_burst_length = number("MaxBurstLength", 262144);
  agreed.first_burst_length = std::min(number("FirstBurstLength", 65536), agreed.max_burst_length);
  agreed.max_outstanding_r2t = number("MaxOutstandingR2T", 1);
  agreed.data_pdu_in_order = boolean("DataPDUInOrder", true);
  agreed.data_sequence_in_order = boolean("DataSequenceInOrder", true);
  agreed.error_recovery_level = number("ErrorRecoveryLevel", 0);
  agreed.protocol_level = number("iSCSIProtocolLevel", 1);
  return agreed;
}

std::uint32_t LoginReader::max_data_segment(Role receiver) const {
  const auto& declared = declared_[static_cast<std::size_t>(receiver)];
  const auto found = declared.find("MaxRecvDataSegmentLength");
  return found == declared.end() ? 8192 : static_cast<std::uint32_t>(std::stoul(found->second, nullptr, 0));
}

}  // namespace lunway::simulator
