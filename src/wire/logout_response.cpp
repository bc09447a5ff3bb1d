// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "wire/logout_response.h"

namespace lunway::wire {

std::string_view to_string(LogoutResponseCode code) {
  switch (code) {
    case LogoutResponseCode::closed:
      return "connection or session closed successfully";
    case LogoutResponseCode::cid_not_found:
      return "CID not found";
    case LogoutResponseCode::recovery_not_supported:
      return "connection recovery is not supported";
    case LogoutResponseCode::cleanup_failed:
      return "cleanup failed";
  }
  return "unassigned";
}

Header LogoutResponse::build(const Fields& fields) {
  return HeaderBuilder(kOpcode)
      .final()
      .u8<2>(static_cast<std::uint8_t>(fields.response))
      .itt(fields.itt)
      .response_numbers(fields.stat_sn, fields.exp_cmd_sn, fields.max_cmd_sn)
      .u16<40>(fields.time2wait)
      .u16<42>(fields.time2retain)
      .header();
}

LogoutResponse::Fields LogoutResponse::fields() const {
  return {.response = response(),
          .itt = itt(),
          .stat_sn = stat_sn(),
          .exp_cmd_sn = exp_cmd_sn(),
          .max_cmd_sn = max_cmd_sn(),
          .time2wait = time2wait(),
          .time2retain = time2retain()};
}

std::optional<FormatError> LogoutResponse::format_error() const {
  if (auto error = ahs_error(*this)) return error;
  if (auto error = data_segment_error(*this)) return error;
  if (auto error = task_tag_error(*this)) return error;
  if (response() > LogoutResponseCode::cleanup_failed) {
    return FormatError{FormatError::Kind::illegal_value, "11.15.1", "the response code is not assigned"};
  }
  return std::nullopt;
}

}  // namespace lunway::wire
