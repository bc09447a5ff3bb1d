// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What can be said of a header by itself: who sends which opcode, and what is reserved.
//= rfc7143#11

#include <array>

#include "conformance/check/families.h"
#include "conformance/target/link.h"

namespace lunway::conformance {
namespace {

using wire::Opcode;
using wire::Role;

constexpr CheckerRule kOpcodeOfSender{.id = "header/opcode-of-sender",
                                      .title = "A side uses only the opcodes of its role",
                                      .proves = "R7143-11.2.1.2-01 R7143-11.2.1.2-02",
                                      .section = "11.2.1.2"};
constexpr CheckerRule kReservedBits{.id = "header/reserved-bits",
                                    .title = "Bits that the figure of the PDU gives no meaning are 0",
                                    .proves = "R7143-11-01",
                                    .section = "11"};
constexpr CheckerRule kConstantBits{
    .id = "header/constant-bits", .title = "Bits that the figure of the PDU shows as 1 are 1", .section = "11"};
constexpr CheckerRule kNextStage{.id = "header/next-stage-without-transit",
                                 .title = "NSG is 0 while T is 0",
                                 .proves = "R7143-11-01",
                                 .section = "11.12.3"};
constexpr CheckerRule kDataInWithoutStatus{.id = "header/data-in-without-status",
                                           .title = "A Data-In without S has no status, StatSN or residual",
                                           .judges = Side::target,
                                           .section = "11.7.3",
                                           .weight = Finding::Weight::warning};
constexpr CheckerRule kAdditionalHeaders{
    .id = "header/additional-headers",
    .title = "Only a SCSI Command has additional header segments",
    .proves =
        "R7143-11.2.1.5-01 R7143-11.2-03 R7143-11.5.2-01 R7143-11.6.2-01 R7143-11.8.1-01 R7143-11.14.2-01 "
        "R7143-11.15.2-01",
    .section = "11.2.1.5"};
constexpr CheckerRule kReservedTag{.id = "header/reserved-tag",
                                   .title = "No task has the Initiator Task Tag 0xffffffff",
                                   .proves = "R7143-11.2.1.8-02",
                                   .judges = Side::initiator,
                                   .section = "11.2.1.8"};

constexpr const CheckerRule* kRules[] = {&kOpcodeOfSender,      &kReservedBits,      &kConstantBits, &kNextStage,
                                         &kDataInWithoutStatus, &kAdditionalHeaders, &kReservedTag};

using Mask = wire::Header;

/// The bits that a PDU of this layout may have set.
Mask defined_bits(const Layout& layout) {
  Mask mask{};
  for (const Field& field : layout.fields) {
    for (unsigned bit = field.first_bit; bit < unsigned{field.first_bit} + field.bits; ++bit) {
      mask[bit / 8] |= std::byte(0x80U >> (bit % 8));
    }
  }
  mask[1] |= std::byte{layout.ones};
  return mask;
}

void judge_bits(const Sight& sight, const Layout& layout) {
  const Mask defined = defined_bits(layout);
  for (std::size_t at = 0; at < defined.size(); ++at) {
    const std::byte wrong = sight.pdu.header[at] & ~defined[at];
    if (wrong == std::byte{0}) continue;
    sight.violates(kReservedBits, "0 in the reserved bits of a " + std::string(layout.name),
                   "bits " + hex(std::to_integer<std::uint32_t>(wrong)) + " set in byte " + std::to_string(at));
    break;
  }
  const std::byte ones{layout.ones};
  if ((sight.pdu.header[1] & ones) != ones) {
    sight.violates(kConstantBits, "1 in the first bit of byte 1", "0 in a " + std::string(layout.name));
  }
}

void judge_conditional_fields(const Sight& sight) {
  const Pdu& pdu = sight.pdu;
  const bool login = sight.is(Opcode::login_request) || sight.is(Opcode::login_response);
  if (login && pdu[field::kTransit] == 0 && pdu[field::kNsg] != 0) {
    sight.violates(kNextStage, "NSG 0 beside T=0", with(pdu, field::kNsg));
  }
  if (sight.is(Opcode::data_in) && pdu[field::kHasStatus] == 0) {
    for (const Field& field : {field::kOverflow, field::kUnderflow, field::kStatus, field::kStatSn, field::kResidual}) {
      if (pdu[field] == 0) continue;
      sight.violates(kDataInWithoutStatus, "0 in what belongs to a status", with(pdu, field));
      break;
    }
  }
}

/// Text, logout and the rest are tasks as well; a NOP-Out and a SNACK may be none.
bool asks_for_a_task(const Pdu& pdu) { return has_cmd_sn(pdu) && !pdu.is(Opcode::nop_out); }

void judge(const Sight& sight) {
  const Pdu& pdu = sight.pdu;
  const std::optional<Role> owner = wire::sender_of(pdu.opcode());
  if (owner && *owner != sight.sender) {
    sight.violates(kOpcodeOfSender, "an opcode of its own role", "a " + name_of(pdu));
    return;
  }
  const Layout* layout = layout_of(pdu.opcode());
  if (layout == nullptr) return;
  judge_bits(sight, *layout);
  judge_conditional_fields(sight);
  if (pdu[field::kTotalAhsLength] != 0 && !sight.is(Opcode::scsi_command)) {
    sight.violates(kAdditionalHeaders, "TotalAHSLength 0", with(pdu, field::kTotalAhsLength));
  }
  if (asks_for_a_task(pdu) && pdu[field::kItt] == kNoTag) {
    sight.violates(kReservedTag, "another tag than the reserved one", with(pdu, field::kItt));
  }
}

}  // namespace

constexpr Family kHeaderFamily{kRules, judge};

}  // namespace lunway::conformance
