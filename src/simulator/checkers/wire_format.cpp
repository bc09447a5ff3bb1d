// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "simulator/checkers/wire_format.h"

#include <algorithm>
#include <array>
#include <initializer_list>

namespace lunway::simulator {
namespace {

using wire::Opcode;

struct Range {
  std::uint8_t first;
  std::uint8_t last;
};

struct Layout {
  Opcode opcode;
  /// Of byte 0: the I bit may or must be there.
  std::uint8_t may_have;
  std::uint8_t must_have;
  /// Of byte 1.
  std::uint8_t flags_set;
  std::uint8_t flags_clear;
  bool has_data;
  /// Bytes that are zero.
  std::array<Range, 6> reserved;
};

constexpr Range kNone{1, 0};

constexpr std::array<Layout, 18> kLayouts{{
    {Opcode::nop_out, 0x40, 0, 0x80, 0x7f, true, {{{2, 3}, {32, 47}, kNone, kNone, kNone, kNone}}},
    {Opcode::scsi_command, 0x40, 0, 0, 0x18, true, {{{3, 3}, kNone, kNone, kNone, kNone, kNone}}},
    {Opcode::task_management_request, 0x40, 0, 0x80, 0, false, {{{2, 3}, {40, 47}, kNone, kNone, kNone, kNone}}},
    {Opcode::login_request, 0x40, 0x40, 0, 0x30, true, {{{22, 23}, {32, 47}, kNone, kNone, kNone, kNone}}},
    {Opcode::text_request, 0x40, 0, 0, 0x3f, true, {{{2, 3}, {32, 47}, kNone, kNone, kNone, kNone}}},
    {Opcode::data_out, 0, 0, 0, 0x7f, true, {{{2, 3}, {24, 27}, {32, 35}, {44, 47}, kNone, kNone}}},
    {Opcode::logout_request, 0x40, 0, 0x80, 0, false, {{{2, 3}, {8, 15}, {22, 23}, {32, 47}, kNone, kNone}}},
    {Opcode::snack_request, 0, 0, 0x80, 0x70, false, {{{2, 3}, {24, 27}, {32, 39}, kNone, kNone, kNone}}},
    {Opcode::nop_in, 0, 0, 0x80, 0x7f, true, {{{2, 3}, {36, 47}, kNone, kNone, kNone, kNone}}},
    {Opcode::scsi_response, 0, 0, 0x80, 0x61, true, {{{10, 15}, kNone, kNone, kNone, kNone, kNone}}},
    {Opcode::task_management_response, 0, 0, 0x80, 0x7f, false, {{{3, 3}, {20, 23}, {40, 47}, kNone, kNone, kNone}}},
    {Opcode::login_response, 0, 0, 0, 0x30, true, {{{20, 23}, {38, 47}, kNone, kNone, kNone, kNone}}},
    {Opcode::text_response, 0, 0, 0, 0x3f, true, {{{2, 3}, {36, 47}, kNone, kNone, kNone, kNone}}},
    {Opcode::data_in, 0, 0, 0, 0x38, true, {{{2, 2}, kNone, kNone, kNone, kNone, kNone}}},
    {Opcode::logout_response, 0, 0, 0x80, 0x7f, false, {{{3, 3}, {8, 15}, {20, 23}, {36, 39}, {44, 47}, kNone}}},
    {Opcode::ready_to_transfer, 0, 0, 0x80, 0x7f, false, {{{2, 3}, kNone, kNone, kNone, kNone, kNone}}},
    {Opcode::asynchronous_message, 0, 0, 0x80, 0x7f, true, {{{2, 3}, {20, 23}, {44, 47}, kNone, kNone, kNone}}},
    {Opcode::reject, 0, 0, 0x80, 0x7f, true, {{{3, 3}, {8, 15}, {20, 23}, {40, 47}, kNone, kNone}}},
}};

bool is_zero(const WirePdu& pdu, Range range) {
  for (std::size_t at = range.first; at <= range.last; ++at) {
    if (pdu.u8(at) != 0) return false;
  }
  return true;
}

std::optional<std::string> data_in_complaint(const WirePdu& pdu) {
  const bool has_status = (pdu.u8(1) & 0x01) != 0;
  if (!has_status &&
      ((pdu.u8(1) & 0x06) != 0 || !is_zero(pdu, {3, 3}) || !is_zero(pdu, {24, 27}) || !is_zero(pdu, {44, 47})))
    return "status fields in a Data-In without the S bit (11.7.2)";
  if (has_status && (pdu.u8(1) & 0x80) == 0) return "a Data-In with status is not the last one (11.7.3)";
  const bool asks = (pdu.u8(1) & 0x40) != 0;
  if (!asks && pdu.u32(20) != 0xffffffff) return "a Data-In without the A bit has a Target Transfer Tag (11.7.4)";
  return std::nullopt;
}

}  // namespace

std::optional<std::string> format_complaint(Role from, const WirePdu& pdu) {
  const auto* const layout = std::ranges::find(kLayouts, pdu.opcode(), &Layout::opcode);
  if (layout == kLayouts.end()) return "an opcode that nobody has assigned (11.2.1.2)";
  const auto name = std::string(wire::to_string(pdu.opcode()));
  if (wire::sender_of(pdu.opcode()) != from) return name + " from the wrong side (11.2.1.2)";
  const std::uint8_t marks = pdu.u8(0) & 0xc0;
  if ((marks & ~layout->may_have) != 0 || (marks & layout->must_have) != layout->must_have)
    return name + ": byte 0 (11.2.1)";
  if ((pdu.u8(1) & layout->flags_set) != layout->flags_set || (pdu.u8(1) & layout->flags_clear) != 0)
    return name + ": flags of byte 1";
  if (!layout->has_data && pdu.data_length() != 0) return name + " with a data segment";
  if (pdu.u8(4) != 0 && pdu.opcode() != Opcode::scsi_command) return name + " with an AHS (11.2.1.5)";
  for (const Range range : layout->reserved) {
    if (!is_zero(pdu, range)) return name + ": a reserved field at byte " + std::to_string(range.first);
  }
  if (std::ranges::any_of(pdu.padding(), [](std::byte byte) { return byte != std::byte{0}; }))
    return name + ": padding is not zero (11.1)";
  if (!pdu.digests_match()) return name + ": a digest is wrong (13.1)";
  return pdu.opcode() == Opcode::data_in ? data_in_complaint(pdu) : std::nullopt;
}

}  // namespace lunway::simulator
