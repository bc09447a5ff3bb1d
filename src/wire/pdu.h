// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What the view classes of the PDUs have in common: how a header becomes one, and how a header is made.

#pragma once

#include <optional>
#include <utility>

#include "wire/format_error.h"
#include "wire/header.h"

namespace lunway::wire {

/// The base of the view `Self` over headers with opcode `Code`. `Segment` is the part of the header that it shares
/// with others: BasicHeader, RequestHeader or ResponseHeader.
///
/// `Self` gives accessors, the aggregate `Fields`, `build(const Fields&)`, `fields()`, and `format_error()`: the first
/// rule of its section that the header breaks. A view made by its constructor is unchecked: its accessors are safe on
/// any bytes, but a code may have no name.
template <class Self, Opcode Code, class Segment>
class Pdu : public Segment {
 public:
  using Segment::Segment;

  static constexpr Opcode kOpcode = Code;

  /// A view of a header that keeps the rules of its section. The view is valid as long as the header is.
  static Parsed<Self> parse(HeaderView header) {
    const Self pdu(header);
    if (pdu.opcode() != Code) return std::unexpected(kWrongOpcode);
    if (const std::optional<FormatError> error = pdu.format_error()) return std::unexpected(*error);
    return pdu;
  }
  static Parsed<Self> parse(Header&&) = delete;  // the view would outlive the bytes

 private:
  static constexpr FormatError kWrongOpcode{FormatError::Kind::wrong_opcode, "11.2.1.2", "another opcode is expected"};
};

/// Only SCSI Command has Additional Header Segments.
//= rfc7143#11.2.1.5
std::optional<FormatError> ahs_error(BasicHeader pdu);

/// For PDUs without a data segment.
//= rfc7143#11.2.1.6
std::optional<FormatError> data_segment_error(BasicHeader pdu);

/// For PDUs that always belong to a task.
//= rfc7143#11.2.1.8
std::optional<FormatError> task_tag_error(BasicHeader pdu);

/// Writes the fields of a new header; everything it is not told to write is zero.
class HeaderBuilder {
 public:
  explicit HeaderBuilder(Opcode opcode, bool immediate = false) {
    store_u8(&header_[0], static_cast<std::uint8_t>(static_cast<unsigned>(opcode) | (immediate ? 0x40U : 0U)));
  }

  /// Sets `mask` in byte 1 when `on`.
  HeaderBuilder& flag(unsigned mask, bool on = true) {
    if (on) header_[1] |= std::byte(mask);
    return *this;
  }
  HeaderBuilder& final(bool on = true) { return flag(0x80, on); }

  template <std::size_t At>
  HeaderBuilder& u8(std::uint8_t value) {
    static_assert(At + 1 <= kHeaderSize);
    store_u8(&header_[At], value);
    return *this;
  }
  template <std::size_t At>
  HeaderBuilder& u16(std::uint16_t value) {
    static_assert(At + 2 <= kHeaderSize);
    store_be16(&header_[At], value);
    return *this;
  }
  template <std::size_t At>
  HeaderBuilder& u32(std::uint32_t value) {
    static_assert(At + 4 <= kHeaderSize);
    store_be32(&header_[At], value);
    return *this;
  }

  HeaderBuilder& lun(Lun lun) {
    store_be64(&header_[8], lun.value());
    return *this;
  }
  HeaderBuilder& itt(Itt itt) { return u32<16>(itt.value()); }
  HeaderBuilder& ttt(Ttt ttt) { return u32<20>(ttt.value()); }
  HeaderBuilder& request_numbers(CmdSN cmd_sn, StatSN exp_stat_sn) {
    return u32<24>(cmd_sn.value()).u32<28>(exp_stat_sn.value());
  }
  HeaderBuilder& response_numbers(StatSN stat_sn, CmdSN exp_cmd_sn, CmdSN max_cmd_sn) {
    return u32<24>(stat_sn.value()).u32<28>(exp_cmd_sn.value()).u32<32>(max_cmd_sn.value());
  }
  template <std::size_t At>
  HeaderBuilder& bytes(Bytes from) {
    copy_bytes(MutableBytes(header_).subspan(At), from);
    return *this;
  }

  const Header& header() const { return header_; }

 private:
  Header header_{};
};

}  // namespace lunway::wire
