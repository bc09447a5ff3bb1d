// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The Basic Header Segment: the 48 bytes that open every PDU, and what all PDUs share in it.
//= rfc7143#11.2.1
//        0               1               2               3
//       +---------------+---------------+---------------+---------------+
//     0 |.|I|   Opcode  |F|                  per opcode                 |
//     4 | TotalAHSLength|               DataSegmentLength               |
//     8 | LUN or per opcode, 8 bytes                                    |
//    16 | Initiator Task Tag                                            |
//    20 | per opcode, 28 bytes                                          |
//       +---------------+---------------+---------------+---------------+

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/big_endian.h"
#include "base/bytes.h"
#include "wire/numbers.h"
#include "wire/opcode.h"

namespace lunway::wire {

inline constexpr std::size_t kHeaderSize = 48;
inline constexpr std::size_t kWordSize = 4;
/// DataSegmentLength has 24 bits.
inline constexpr std::uint32_t kMaxDataSegmentLength = 0xffffff;

/// How much of a CDB the header of a SCSI Command holds; the rest is in an AHS.
inline constexpr std::size_t kHeaderCdbSize = 16;

/// A header that owns its bytes.
using Header = std::array<std::byte, kHeaderSize>;
/// A header inside somebody's buffer.
using HeaderView = std::span<const std::byte, kHeaderSize>;

/// How many bytes a segment takes on the wire: its length up to a whole number of 4-byte words.
//= rfc7143#11.1
constexpr std::size_t padded(std::size_t length) { return (length + kWordSize - 1) & ~(kWordSize - 1); }

/// A view of the fields at places that all PDUs share. Trivially copyable; valid as long as the bytes it looks at.
class BasicHeader {
 public:
  explicit BasicHeader(HeaderView header) : bytes_(header.data()) {}
  explicit BasicHeader(Header&&) = delete;  // the view would outlive the bytes

  HeaderView header() const { return HeaderView(bytes_, kHeaderSize); }

  Opcode opcode() const { return static_cast<Opcode>(u8<0>() & 0x3f); }
  bool immediate() const { return bit<0, 0x40>(); }
  bool final() const { return bit<1, 0x80>(); }

  std::size_t total_ahs_length_words() const { return u8<4>(); }
  /// The same in bytes.
  std::size_t total_ahs_length() const { return total_ahs_length_words() * kWordSize; }
  /// In bytes, without padding.
  std::uint32_t data_segment_length() const { return load_be24(bytes_ + 5); }

  /// Only where the opcode has a LUN.
  Lun lun() const { return Lun(u64<8>()); }
  Itt itt() const { return Itt(u32<16>()); }

 protected:
  template <std::size_t At, std::uint8_t Mask>
  bool bit() const {
    return (u8<At>() & Mask) != 0;
  }
  template <std::size_t At>
  std::uint8_t u8() const {
    static_assert(At + 1 <= kHeaderSize);
    return load_u8(bytes_ + At);
  }
  template <std::size_t At>
  std::uint16_t u16() const {
    static_assert(At + 2 <= kHeaderSize);
    return load_be16(bytes_ + At);
  }
  template <std::size_t At>
  std::uint32_t u32() const {
    static_assert(At + 4 <= kHeaderSize);
    return load_be32(bytes_ + At);
  }
  template <std::size_t At>
  std::uint64_t u64() const {
    static_assert(At + 8 <= kHeaderSize);
    return load_be64(bytes_ + At);
  }

 private:
  const std::byte* bytes_;
};

/// What most PDUs of an initiator carry. The CmdSN of an immediate request is not a place in the sequence.
//= rfc7143#4.2.2.1
class RequestHeader : public BasicHeader {
 public:
  using BasicHeader::BasicHeader;

  CmdSN cmd_sn() const { return CmdSN(u32<24>()); }
  StatSN exp_stat_sn() const { return StatSN(u32<28>()); }
};

/// What every PDU of a target carries.
//= rfc7143#11.4.9
class ResponseHeader : public BasicHeader {
 public:
  using BasicHeader::BasicHeader;

  StatSN stat_sn() const { return StatSN(u32<24>()); }
  CmdSN exp_cmd_sn() const { return CmdSN(u32<28>()); }
  CmdSN max_cmd_sn() const { return CmdSN(u32<32>()); }
};

/// For whoever numbers PDUs when they leave: these fields stand at the same place in every PDU of their sender.
inline void set_exp_stat_sn(Header& request, StatSN number) { store_be32(&request[28], number.value()); }
inline void set_stat_sn(Header& response, StatSN number) { store_be32(&response[24], number.value()); }
inline void set_command_window(Header& response, CmdSN exp_cmd_sn, CmdSN max_cmd_sn) {
  store_be32(&response[28], exp_cmd_sn.value());
  store_be32(&response[32], max_cmd_sn.value());
}

/// EncodedPdu sets both from what it is given (see outgoing.h); these are for whoever wants to say something else.
inline void set_total_ahs_length_words(Header& header, std::uint8_t words) { store_u8(&header[4], words); }
inline void set_data_segment_length(Header& header, std::uint32_t length) { store_be24(&header[5], length); }

}  // namespace lunway::wire
