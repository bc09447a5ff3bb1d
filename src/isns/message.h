// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What an iSNS message is and how a server answers: function, status, and the rules that a received one can break.
//= rfc4171#5.1

#pragma once

#include <cstdint>
#include <string_view>

namespace lunway::isns {

/// Those that a target needs.
//= rfc4171#4.1.3
enum class Function : std::uint16_t {
  dev_attr_reg = 0x0001,
  dev_attr_qry = 0x0002,
  dev_dereg = 0x0004,
};

/// Set in the function of an answer.
//= rfc4171#5.1.2
inline constexpr std::uint16_t kResponseBit = 0x8000;

//= rfc4171#5.4
enum class Status : std::uint32_t {
  successful = 0,
  unknown_error = 1,
  message_format_error = 2,
  invalid_registration = 3,
  invalid_query = 5,
  source_unknown = 6,
  source_absent = 7,
  source_unauthorized = 8,
  no_such_entry = 9,
  version_not_supported = 10,
  internal_error = 11,
  busy = 12,
  option_not_understood = 13,
  invalid_update = 14,
  message_not_supported = 15,
  attribute_not_implemented = 18,
  esi_not_available = 21,
  invalid_deregistration = 22,
  registration_feature_not_supported = 23,
};

/// In the RFC's words; "reserved status" for a code that it gives no meaning.
std::string_view describe(Status status);

std::string_view describe(Function function);

/// What a server has sent and must not.
enum class Violation : std::uint8_t {
  version,         // not 0x0001
  length,          // a PDU length that is no multiple of four
  authentication,  // an authentication block, which belongs to multicast
  too_long,        // more than kMaxReceivedPayload in one message
  sequence,        // PDUs of one message out of order or mixed with another
  no_status,       // an answer without its status code
  attribute,       // an attribute that runs over the end, or whose length is no multiple of four
  value,           // an attribute whose value is not of its kind
  wrong_response,  // an answer to nothing that was asked
};

std::string_view describe(Violation violation);

}  // namespace lunway::isns
