// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "wire/reject.h"

#include <algorithm>

namespace lunway::wire {

std::string_view to_string(RejectReason reason) {
  switch (reason) {
    case RejectReason::data_digest_error:
      return "Data (payload) digest error";
    case RejectReason::snack_reject:
      return "SNACK Reject";
    case RejectReason::protocol_error:
      return "Protocol Error";
    case RejectReason::command_not_supported:
      return "Command not supported";
    case RejectReason::immediate_command_reject:
      return "Immediate command reject - too many immediate commands";
    case RejectReason::task_in_progress:
      return "Task in progress";
    case RejectReason::invalid_data_ack:
      return "Invalid data ack";
    case RejectReason::invalid_pdu_field:
      return "Invalid PDU field";
    case RejectReason::long_operation_reject:
      return "Long op reject - out of resources";
    case RejectReason::negotiation_reset:
      return "Negotiation Reset (deprecated)";
    case RejectReason::waiting_for_logout:
      return "Waiting for Logout";
  }
  return "unassigned";
}

bool can_be_resent(RejectReason reason) {
  return reason == RejectReason::data_digest_error || reason == RejectReason::snack_reject ||
         reason == RejectReason::immediate_command_reject || reason == RejectReason::long_operation_reject;
}

Header Reject::build(const Fields& fields) {
  return HeaderBuilder(kOpcode)
      .final()
      .u8<2>(static_cast<std::uint8_t>(fields.reason))
      .itt(kNoItt)
      .response_numbers(fields.stat_sn, fields.exp_cmd_sn, fields.max_cmd_sn)
      .u32<36>(fields.data_sn_or_r2t_sn)
      .header();
}

Reject::Fields Reject::fields() const {
  return {.reason = reason(),
          .stat_sn = stat_sn(),
          .exp_cmd_sn = exp_cmd_sn(),
          .max_cmd_sn = max_cmd_sn(),
          .data_sn_or_r2t_sn = data_sn_or_r2t_sn()};
}

std::optional<FormatError> Reject::format_error() const { return ahs_error(*this); }

Parsed<RejectedHeader> RejectedHeader::parse(Bytes data_segment) {
  if (data_segment.size() < kHeaderSize) {
    return std::unexpected(FormatError{FormatError::Kind::inconsistent, "11.17.4", "a Reject returns a whole header"});
  }
  const HeaderView header = data_segment.first<kHeaderSize>();
  const Bytes after = data_segment.subspan(kHeaderSize);
  // A target that returns the basic header only is forgiven: the task tag is what matters.
  const std::size_t ahs_size = std::min(BasicHeader(header).total_ahs_length(), after.size());
  return RejectedHeader{.header = header, .ahs = after.first(ahs_size), .vendor_data = after.subspan(ahs_size)};
}

}  // namespace lunway::wire
