// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "isns/message.h"

namespace lunway::isns {

std::string_view describe(Status status) {
  switch (status) {
    case Status::successful:
      return "Successful";
    case Status::unknown_error:
      return "Unknown Error";
    case Status::message_format_error:
      return "Message Format Error";
    case Status::invalid_registration:
      return "Invalid Registration";
    case Status::invalid_query:
      return "Invalid Query";
    case Status::source_unknown:
      return "Source Unknown";
    case Status::source_absent:
      return "Source Absent";
    case Status::source_unauthorized:
      return "Source Unauthorized";
    case Status::no_such_entry:
      return "No Such Entry";
    case Status::version_not_supported:
      return "Version Not Supported";
    case Status::internal_error:
      return "Internal Error";
    case Status::busy:
      return "Busy";
    case Status::option_not_understood:
      return "Option Not Understood";
    case Status::invalid_update:
      return "Invalid Update";
    case Status::message_not_supported:
      return "Message Not Supported";
    case Status::attribute_not_implemented:
      return "Attribute Not Implemented";
    case Status::esi_not_available:
      return "ESI Not Available";
    case Status::invalid_deregistration:
      return "Invalid Deregistration";
    case Status::registration_feature_not_supported:
      return "Registration Feature Not Supported";
  }
  return "reserved status";
}

std::string_view describe(Function function) {
  switch (function) {
    case Function::dev_attr_reg:
      return "DevAttrReg";
    case Function::dev_attr_qry:
      return "DevAttrQry";
    case Function::dev_dereg:
      return "DevDereg";
  }
  return "unknown function";
}

std::string_view describe(Violation violation) {
  switch (violation) {
    case Violation::version:
      return "a PDU of another version than 1";
    case Violation::length:
      return "a PDU length that is no multiple of four";
    case Violation::authentication:
      return "an authentication block on a TCP connection";
    case Violation::too_long:
      return "a message that is longer than this side accepts";
    case Violation::sequence:
      return "the PDUs of a message out of order";
    case Violation::no_status:
      return "a response without a status code";
    case Violation::attribute:
      return "an attribute with a wrong length";
    case Violation::value:
      return "an attribute with a malformed value";
    case Violation::wrong_response:
      return "a response to nothing that was asked";
  }
  return "an unknown violation";
}

}  // namespace lunway::isns
