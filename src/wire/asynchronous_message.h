// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Asynchronous Message: the target speaks without being asked.
//= rfc7143#11.9
//        0               1               2               3
//       +---------------+---------------+---------------+---------------+
//     0 |.|.|    0x32   |1|                      .                      |
//     4 | TotalAHSLength|               DataSegmentLength               |
//     8 | LUN or Reserved, 8 bytes                                      |
//    16 | 0xffffffff                                                    |
//    20 | Reserved                                                      |
//    24 | StatSN                                                        |
//    28 | ExpCmdSN                                                      |
//    32 | MaxCmdSN                                                      |
//    36 |   AsyncEvent  |   AsyncVCode  |     Parameter1 or Reserved    |
//    40 |     Parameter2 or Reserved    |     Parameter3 or Reserved    |
//    44 | Reserved                                                      |
//       +---------------+---------------+---------------+---------------+

#pragma once

#include "wire/pdu.h"

namespace lunway::wire {

/// 248 to 255 are vendor-unique. An unassigned event is no format error.
//= rfc7143#11.9.1
enum class AsyncEvent : std::uint8_t {
  scsi_event = 0,
  logout_request = 1,
  connection_drop = 2,
  session_drop = 3,
  negotiation_request = 4,
  task_termination = 5,
};

std::string_view to_string(AsyncEvent event);

constexpr bool is_vendor_unique(AsyncEvent event) { return static_cast<std::uint8_t>(event) >= 248; }

/// The data segment is a SenseSegment: see sense_segment.h.
class AsynchronousMessage : public Pdu<AsynchronousMessage, Opcode::asynchronous_message, ResponseHeader> {
 public:
  using Pdu::Pdu;

  struct Fields {
    AsyncEvent event = AsyncEvent::scsi_event;
    /// Only with a vendor-unique event.
    std::uint8_t vendor_code = 0;
    /// Of a SCSI event or a Task Termination.
    Lun lun{};
    StatSN stat_sn{};
    CmdSN exp_cmd_sn{};
    CmdSN max_cmd_sn{};
    /// What the event says they are; times in seconds.
    std::uint16_t parameter1 = 0;
    std::uint16_t parameter2 = 0;
    std::uint16_t parameter3 = 0;

    friend bool operator==(const Fields&, const Fields&) = default;
  };

  static Header build(const Fields& fields);
  Fields fields() const;
  std::optional<FormatError> format_error() const;

  AsyncEvent event() const { return static_cast<AsyncEvent>(u8<36>()); }
  std::uint8_t vendor_code() const { return u8<37>(); }
  std::uint16_t parameter1() const { return u16<38>(); }
  std::uint16_t parameter2() const { return u16<40>(); }
  std::uint16_t parameter3() const { return u16<42>(); }

  /// Connection drop: which connection, and in seconds when to come back and how long tasks wait for that.
  Cid dropped_cid() const { return Cid(parameter1()); }
  std::uint16_t time2wait() const { return parameter2(); }
  std::uint16_t time2retain() const { return parameter3(); }
};

}  // namespace lunway::wire
