// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//

#include "wire/pdu.h"

namespace lunway::wire {

using Kind = FormatError::Kind;

std::optional<FormatError> ahs_error(BasicHeader pdu) {
  if (pdu.total_ahs_length_words() == 0) return std::nullopt;
  return FormatError{Kind::illegal_value, "11.2.1.5", "TotalAHSLength is 0 in a PDU that has no AHS"};
}

std::optional<FormatError> data_segment_error(BasicHeader pdu) {
  if (pdu.data_segment_length() == 0) return std::nullopt;
  return FormatError{Kind::illegal_value, "11.2.1.6", "DataSegmentLength is 0 in a PDU that has no data segment"};
}

std::optional<FormatError> task_tag_error(BasicHeader pdu) {
  if (pdu.itt() != kNoItt) return std::nullopt;
  return FormatError{Kind::illegal_value, "11.2.1.8", "the Initiator Task Tag of a task is not 0xffffffff"};
}

}  // namespace lunway::wire
