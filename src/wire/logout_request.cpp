// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "wire/logout_request.h"

namespace lunway::wire {

std::string_view to_string(LogoutReason reason) {
  switch (reason) {
    case LogoutReason::close_session:
      return "close the session";
    case LogoutReason::close_connection:
      return "close the connection";
    case LogoutReason::remove_for_recovery:
      return "remove the connection for recovery";
  }
  return "reserved";
}

Header LogoutRequest::build(const Fields& fields) {
  return HeaderBuilder(kOpcode, fields.immediate)
      .final()
      .flag(static_cast<unsigned>(fields.reason) & 0x7f)
      .itt(fields.itt)
      .u16<20>(fields.cid.value())
      .request_numbers(fields.cmd_sn, fields.exp_stat_sn)
      .header();
}

LogoutRequest::Fields LogoutRequest::fields() const {
  return {.immediate = immediate(),
          .reason = reason(),
          .itt = itt(),
          .cid = cid(),
          .cmd_sn = cmd_sn(),
          .exp_stat_sn = exp_stat_sn()};
}

std::optional<FormatError> LogoutRequest::format_error() const {
  if (auto error = ahs_error(*this)) return error;
  if (auto error = data_segment_error(*this)) return error;
  if (auto error = task_tag_error(*this)) return error;
  if (reason() > LogoutReason::remove_for_recovery) {
    return FormatError{FormatError::Kind::reserved_code, "11.14.1", "reasons above 2 are reserved"};
  }
  return std::nullopt;
}

}  // namespace lunway::wire
