// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "cli/session_facts.h"

#include <fmt/format.h>

namespace lunway::cli {
namespace {

std::string digest_name(bool on) { return on ? "CRC32C" : "None"; }

std::string task_reporting_name(initiator::TaskReporting value) {
  switch (value) {
    case initiator::TaskReporting::rfc3720:
      return "RFC3720";
    case initiator::TaskReporting::response_fence:
      return "ResponseFence";
    case initiator::TaskReporting::fast_abort:
      return "FastAbort";
  }
  return "";
}

std::uint64_t number(std::uint64_t value) { return value; }

}  // namespace

Facts session_facts(const initiator::Negotiated& negotiated) {
  Facts facts = {
      {"ISID", fmt::format("0x{:012x}", negotiated.isid)},
      {"TSIH", number(negotiated.tsih)},
      {"CID", number(negotiated.cid)},
      {"TargetPortalGroupTag", number(negotiated.target_portal_group_tag)},
  };
  if (!negotiated.target_alias.empty()) facts.emplace_back("TargetAlias", negotiated.target_alias);
  facts.emplace_back("AuthMethod", negotiated.auth_method);
  return facts;
}

Facts negotiated_facts(const initiator::Negotiated& negotiated) {
  return {
      {"HeaderDigest", digest_name(negotiated.header_digest)},
      {"DataDigest", digest_name(negotiated.data_digest)},
      {"MaxConnections", number(negotiated.max_connections)},
      {"InitialR2T", negotiated.initial_r2t},
      {"ImmediateData", negotiated.immediate_data},
      {"MaxRecvDataSegmentLength of the initiator", number(negotiated.max_recv_data_segment_length_initiator)},
      {"MaxRecvDataSegmentLength of the target", number(negotiated.max_recv_data_segment_length_target)},
      {"MaxBurstLength", number(negotiated.max_burst_length)},
      {"FirstBurstLength", number(negotiated.first_burst_length)},
      {"DefaultTime2Wait", number(negotiated.default_time2wait_s)},
      {"DefaultTime2Retain", number(negotiated.default_time2retain_s)},
      {"MaxOutstandingR2T", number(negotiated.max_outstanding_r2t)},
      {"DataPDUInOrder", negotiated.data_pdu_in_order},
      {"DataSequenceInOrder", negotiated.data_sequence_in_order},
      {"ErrorRecoveryLevel", number(negotiated.error_recovery_level)},
      {"TaskReporting", task_reporting_name(negotiated.task_reporting)},
      {"iSCSIProtocolLevel", number(negotiated.protocol_level)},
  };
}

std::string to_text(const Fact& fact) {
  if (const auto* flag = std::get_if<bool>(&fact)) return *flag ? "Yes" : "No";
  if (const auto* count = std::get_if<std::uint64_t>(&fact)) return std::to_string(*count);
  return std::get<std::string>(fact);
}

}  // namespace lunway::cli
