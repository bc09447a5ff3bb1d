// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The data segment of a SCSI Response and of an Asynchronous Message: sense data behind its length, then more.
//= rfc7143#11.4.7
//        0               1               2               3
//       +---------------+---------------+---------------+---------------+
//     0 |          SenseLength          |           Sense Data          |
//     x | Response Data, or iSCSI Event Data                            |
//       +---------------+---------------+---------------+---------------+

#pragma once

#include "base/bytes.h"
#include "wire/format_error.h"

namespace lunway::wire {

/// Views into the data segment.
struct SenseSegment {
  Bytes sense{};
  /// What follows: response data in a SCSI Response, event data in an Asynchronous Message.
  Bytes rest{};

  /// An empty data segment has neither.
  static Parsed<SenseSegment> parse(Bytes data_segment);

  /// The size of the data segment that write() makes: 0 when there is nothing to say.
  std::size_t size() const;

  /// Writes the data segment into `to`, which has at least size() bytes, and returns the part that was written. The
  /// sense data has at most 65535 bytes.
  MutableBytes write(MutableBytes to) const;
};

}  // namespace lunway::wire
