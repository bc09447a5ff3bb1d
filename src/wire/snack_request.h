// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// SNACK Request: asks for PDUs once more, or says that data has arrived.
//= rfc7143#11.16
//        0               1               2               3
//       +---------------+---------------+---------------+---------------+
//     0 |.|.|    0x10   |1|  .  |  Type |               .               |
//     4 | TotalAHSLength|               DataSegmentLength               |
//     8 | LUN or Reserved, 8 bytes                                      |
//    16 | Initiator Task Tag or 0xffffffff                              |
//    20 | Target Transfer Tag or SNACK Tag or 0xffffffff                |
//    24 | Reserved                                                      |
//    28 | ExpStatSN                                                     |
//    32 | Reserved, 8 bytes                                             |
//    40 | BegRun                                                        |
//    44 | RunLength                                                     |
//       +---------------+---------------+---------------+---------------+

#pragma once

#include "wire/pdu.h"

namespace lunway::wire {

//= rfc7143#11.16.1
enum class SnackType : std::uint8_t { data_or_r2t = 0, status = 1, data_ack = 2, r_data = 3 };

std::string_view to_string(SnackType type);

class SnackRequest : public Pdu<SnackRequest, Opcode::snack_request, BasicHeader> {
 public:
  using Pdu::Pdu;

  struct Fields {
    SnackType type = SnackType::data_or_r2t;
    /// Copied with the tag from the Data-In that a DataACK answers.
    Lun lun{};
    /// Of the command; kNoItt for Status and DataACK.
    Itt itt = kNoItt;
    /// For every type but R-Data.
    Ttt ttt = kNoTtt;
    /// For R-Data, which has it in the place of the Target Transfer Tag.
    SnackTag snack_tag = kNoSnackTag;
    StatSN exp_stat_sn{};
    /// A StatSN, DataSN or R2TSN, as the type says.
    std::uint32_t beg_run = 0;
    /// How many PDUs; 0 is all from `beg_run` on.
    std::uint32_t run_length = 0;

    friend bool operator==(const Fields&, const Fields&) = default;
  };

  static Header build(const Fields& fields);
  Fields fields() const;
  std::optional<FormatError> format_error() const;

  SnackType type() const { return static_cast<SnackType>(u8<1>() & 0x0f); }
  /// kNoTtt when the type is R-Data.
  Ttt ttt() const { return type() == SnackType::r_data ? kNoTtt : Ttt(u32<20>()); }
  /// kNoSnackTag unless the type is R-Data.
  SnackTag snack_tag() const { return type() == SnackType::r_data ? SnackTag(u32<20>()) : kNoSnackTag; }
  StatSN exp_stat_sn() const { return StatSN(u32<28>()); }
  std::uint32_t beg_run() const { return u32<40>(); }
  std::uint32_t run_length() const { return u32<44>(); }
};

}  // namespace lunway::wire
