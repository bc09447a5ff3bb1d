// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "wire/asynchronous_message.h"

namespace lunway::wire {

std::string_view to_string(AsyncEvent event) {
  switch (event) {
    case AsyncEvent::scsi_event:
      return "SCSI Async Event";
    case AsyncEvent::logout_request:
      return "Logout Request";
    case AsyncEvent::connection_drop:
      return "Connection Drop Notification";
    case AsyncEvent::session_drop:
      return "Session Drop Notification";
    case AsyncEvent::negotiation_request:
      return "Negotiation Request";
    case AsyncEvent::task_termination:
      return "Task Termination";
  }
  return is_vendor_unique(event) ? "vendor-unique" : "unassigned";
}

Header AsynchronousMessage::build(const Fields& fields) {
  return HeaderBuilder(kOpcode)
      .final()
      .lun(fields.lun)
      .itt(kNoItt)
      .response_numbers(fields.stat_sn, fields.exp_cmd_sn, fields.max_cmd_sn)
      .u8<36>(static_cast<std::uint8_t>(fields.event))
      .u8<37>(fields.vendor_code)
      .u16<38>(fields.parameter1)
      .u16<40>(fields.parameter2)
      .u16<42>(fields.parameter3)
      .header();
}

AsynchronousMessage::Fields AsynchronousMessage::fields() const {
  return {.event = event(),
          .vendor_code = vendor_code(),
          .lun = lun(),
          .stat_sn = stat_sn(),
          .exp_cmd_sn = exp_cmd_sn(),
          .max_cmd_sn = max_cmd_sn(),
          .parameter1 = parameter1(),
          .parameter2 = parameter2(),
          .parameter3 = parameter3()};
}

std::optional<FormatError> AsynchronousMessage::format_error() const { return ahs_error(*this); }

}  // namespace lunway::wire
