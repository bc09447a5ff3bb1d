// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Reject, and what leads to it: opcodes without a meaning, of the wrong side, and PDUs that cannot be what they say.
//= rfc7143#11.17
//= rfc7143#11.2.1

#include <algorithm>
#include <string>

#include "conformance/sections.h"
#include "conformance/target/target_script.h"

namespace lunway::conformance::target_tests {
namespace {

using wire::Opcode;

// Reasons.
constexpr int kProtocolError = 0x04;
constexpr int kCommandNotSupported = 0x05;

/// A PDU that no initiator sends, with the fields that all requests share.
Pdu stranger(Link& link, std::uint8_t opcode) {
  Pdu pdu = link.nop_out(Delivery::immediate);
  pdu.set(field::kOpcode, opcode);
  return pdu;
}

/// The Reject of `sent`, if the target did not prefer to end the connection.
std::optional<Pdu> reject_of(TargetScript& s, Link& link, const Pdu& sent) {
  link.send(sent);
  const Arrival arrival =
      s.expect_one_of(link.connection(), {allow::reject(), allow::kClose},
                      "a PDU that cannot be taken is rejected, or ends the connection", "ruling close-or-reject");
  if (arrival.ended()) return std::nullopt;
  link.set_exp_stat_sn(arrival.pdu[field::kStatSn] + 1);
  return arrival.pdu;
}

/// Sends a PDU with an opcode that is not an initiator's. It is rejected as unsupported or as a protocol error, or the
/// connection ends; if it goes on, it does so in order.
void refuses_opcode(TargetScript& s, std::uint8_t opcode) {
  Link& link = s.log_in();
  const std::optional<Pdu> reject = reject_of(s, link, stranger(link, opcode));
  if (!reject) return;
  const auto reason = static_cast<int>((*reject)[field::kRejectReason]);
  s.require(reason == kCommandNotSupported || reason == kProtocolError,
            "reason 0x05, command not supported, or 0x04, protocol error", "reason " + std::to_string(reason));
  link.ping("the connection goes on after the Reject");
}

/// The Reject that the tests about its fields look at; they say nothing of a target that ends the connection instead.
Pdu any_reject(TargetScript& s, Link& link, const Pdu& sent) {
  std::optional<Pdu> reject = reject_of(s, link, sent);
  if (!reject) s.inapplicable("the target ends the connection instead of rejecting");
  return std::move(*reject);
}

constexpr std::string_view kAboutOpcodes =
    "Sends an immediate PDU with that opcode, otherwise like a NOP-Out. The RFC lets the target answer with a Reject, "
    "command not supported or protocol error, or treat it as a format error and end the connection. It must not "
    "forget the PDU, and when it rejects, a ping is answered afterwards.";

constexpr Test kTests[] = {
    {.id = "11.2.1.2/unassigned-opcode-07",
     .title = "Opcode 0x07, which has no meaning, is refused",
     .proves = "R7143-11.2.1.2-03 R7143-11-03",
     .about = kAboutOpcodes,
     .script = [](TargetScript& s) { refuses_opcode(s, 0x07); }},
    {.id = "11.2.1.2/unassigned-opcode-0f",
     .title = "Opcode 0x0f, which has no meaning, is refused",
     .proves = "R7143-11.2.1.2-03 R7143-11-03",
     .about = kAboutOpcodes,
     .script = [](TargetScript& s) { refuses_opcode(s, 0x0f); }},
    {.id = "11.2.1.2/unassigned-opcode-11",
     .title = "Opcode 0x11, which has no meaning, is refused",
     .proves = "R7143-11.2.1.2-03 R7143-11-03",
     .about = kAboutOpcodes,
     .script = [](TargetScript& s) { refuses_opcode(s, 0x11); }},
    {.id = "11.2.1.2/unassigned-opcode-1b",
     .title = "Opcode 0x1b, which has no meaning, is refused",
     .proves = "R7143-11.2.1.2-03 R7143-11-03",
     .about = kAboutOpcodes,
     .script = [](TargetScript& s) { refuses_opcode(s, 0x1b); }},
    {.id = "11.2.1.2/vendor-opcode-1c",
     .title = "A vendor's opcode that the target does not know is refused",
     .proves = "R7143-11.2.1.2-03",
     .about = kAboutOpcodes,
     .script = [](TargetScript& s) { refuses_opcode(s, 0x1c); }},
    {.id = "11.2.1.2/target-opcode-20",
     .title = "A NOP-In sent by an initiator is refused",
     .proves = "R7143-11.2.1.2-03",
     .about = kAboutOpcodes,
     .script = [](TargetScript& s) { refuses_opcode(s, 0x20); }},
    {.id = "11.2.1.2/target-opcode-21",
     .title = "A SCSI Response sent by an initiator is refused",
     .proves = "R7143-11.2.1.2-03",
     .about = kAboutOpcodes,
     .script = [](TargetScript& s) { refuses_opcode(s, 0x21); }},
    {.id = "11.2.1.2/target-opcode-23",
     .title = "A Login Response sent by an initiator is refused",
     .proves = "R7143-11.2.1.2-03",
     .about = kAboutOpcodes,
     .script = [](TargetScript& s) { refuses_opcode(s, 0x23); }},
    {.id = "11.2.1.2/target-opcode-25",
     .title = "A Data-In sent by an initiator is refused",
     .proves = "R7143-11.2.1.2-03",
     .about = kAboutOpcodes,
     .script = [](TargetScript& s) { refuses_opcode(s, 0x25); }},
    {.id = "11.2.1.2/target-opcode-31",
     .title = "An R2T sent by an initiator is refused",
     .proves = "R7143-11.2.1.2-03",
     .about = kAboutOpcodes,
     .script = [](TargetScript& s) { refuses_opcode(s, 0x31); }},
    {.id = "11.2.1.2/target-opcode-3f",
     .title = "A Reject sent by an initiator is refused",
     .proves = "R7143-11.2.1.2-03",
     .about = kAboutOpcodes,
     .script = [](TargetScript& s) { refuses_opcode(s, 0x3f); }},

    {.id = "11.17.4/reject-carries-the-header",
     .title = "A Reject carries the header of the PDU that it rejects",
     .proves = "R7143-11.17.4-01",
     .about = "Provokes a Reject with an unassigned opcode and compares its data with the 48 bytes that were sent.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           const Pdu sent = stranger(link, 0x07);
           const Pdu reject = any_reject(s, link, sent);
           s.require(reject.data.size() >= wire::kHeaderSize, "at least 48 bytes of data",
                     std::to_string(reject.data.size()) + " bytes");
           s.require(std::ranges::equal(Bytes(reject.data).first(wire::kHeaderSize), Bytes(sent.header)),
                     "the 48 bytes of the header that was rejected", "other bytes");
         }},
    {.id = "11.17/reject-has-no-task-tag",
     .title = "The Initiator Task Tag of a Reject is 0xffffffff",
     .proves = "R7143-11-01",
     .about = "Provokes a Reject with an unassigned opcode. Its bytes 16 to 19 are 0xffffffff in the figure: a Reject "
              "belongs to no task.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           s.require_field(any_reject(s, link, stranger(link, 0x07)), field::kItt, kNoTag);
         }},
    {.id = "11.17.3/reject-takes-a-stat-sn",
     .title = "A Reject takes a StatSN, and the next response the one after it",
     .proves = "R7143-11.17.3-01",
     .about = "Provokes a Reject and pings. The Reject has the StatSN that was due, the NOP-In the one after it.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           const std::uint32_t due = link.exp_stat_sn();
           const Pdu sent = stranger(link, 0x07);
           s.require_field(any_reject(s, link, sent), field::kStatSn, due);
           const Pdu request = link.nop_out();
           link.send(request);
           s.require_field(link.expect_answer(request, Opcode::nop_in), field::kStatSn, due + 1);
         }},
    {.id = "11.17.3/reject-carries-the-command-window",
     .title = "A Reject carries the current ExpCmdSN and MaxCmdSN",
     .proves = "R7143-11.17.3-01",
     .about =
         "Sends a NOP-Out, takes its answer, and provokes a Reject: its ExpCmdSN is the next that the initiator will "
         "use, and its MaxCmdSN not below the one before.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           const Pdu request = link.nop_out();
           link.send(request);
           const Pdu pong = link.expect_answer(request, Opcode::nop_in);
           const Pdu reject = any_reject(s, link, stranger(link, 0x07));
           s.require_field(reject, field::kExpCmdSn, link.cmd_sn());
           const auto grown = static_cast<std::int32_t>(reject[field::kMaxCmdSn] - pong[field::kMaxCmdSn]);
           s.require(grown >= 0, "MaxCmdSN of the Reject is not below that of the NOP-In", summary_of(reject));
         }},
    {.id = "7.3/rejected-command-is-not-counted",
     .title = "The CmdSN of a rejected command that is not immediate is not counted as received",
     .proves = "R7143-7.3-02",
     .about =
         "Sends an unassigned opcode with the next CmdSN and without the I bit. If it is rejected, ExpCmdSN stays: "
         "a NOP-Out with the very same CmdSN is then taken and answered.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           const std::uint32_t number = link.cmd_sn();
           const Pdu sent = link.nop_out().set(field::kOpcode, 0x07);
           const Pdu reject = any_reject(s, link, sent);
           s.require_field(reject, field::kExpCmdSn, number);
           const Pdu again = link.nop_out(Delivery::immediate).set(field::kImmediate, 0).set(field::kCmdSn, number);
           link.send(again);
           link.expect_answer(again, Opcode::nop_in, "the CmdSN of the rejected PDU is still free");
         }},

    {.id = "11.2.1.5/ahs-on-a-ping",
     .title = "A NOP-Out with an additional header segment does not lead to confusion about where PDUs begin",
     .proves = "R7143-11.2.1.5-01",
     .about =
         "Sends a NOP-Out with an AHS of 8 bytes, which only SCSI Commands have. The target may reject it, end the "
         "connection, or answer it as if there were none; but it must see that the AHS is there.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           Pdu request = link.nop_out(Delivery::immediate);
           request.ahs.assign({std::byte{0}, std::byte{5}, std::byte{0x3f}, std::byte{0}, std::byte{0}, std::byte{0},
                               std::byte{0}, std::byte{0}});
           link.send(request);
           const Arrival arrival =
               s.expect_one_of(link.connection(), {allow::pdu(Opcode::nop_in), allow::reject(), allow::kClose},
                               "an AHS where none belongs", "7.7");
           if (arrival.ended()) return;
           // Whoever takes it for a format error may end the connection behind the Reject.
           const Pdu after = link.nop_out(Delivery::immediate);
           link.send(after);
           const Arrival next = s.expect_one_of(link.connection(), {allow::pdu(Opcode::nop_in), allow::kClose},
                                                "the stream of PDUs is still understood", "7.7");
           if (!next.ended()) s.require_field(next.pdu, field::kItt, after[field::kItt]);
         }},
    {.id = "7.7/data-segment-beyond-the-limit",
     .title = "A data segment longer than the target takes is refused",
     .proves = "R7143-7.7-01",
     .about = "Sends a NOP-Out with more data than the target's MaxRecvDataSegmentLength, by 4 bytes. That is a format "
              "error: the connection ends, or the PDU is rejected; the ping is not answered.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           const Pdu request = link.nop_out().with_data(s.pattern(link.max_data_out() + 4));
           link.send(request);
           const Arrival arrival = s.expect_one_of(link.connection(), {allow::reject(), allow::kClose},
                                                   "a data segment that is too long", "7.7");
           s.require(!arrival.is(Opcode::nop_in), "no answer to the ping", describe(arrival));
         }},
};

}  // namespace

std::span<const Test> section_11_17() { return kTests; }

}  // namespace lunway::conformance::target_tests
