// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What holds for all PDUs: reserved fields, opcodes, padding, lengths, and how TCP cuts them.
//= rfc7143#11
//= rfc7143#11.2

#include <bitset>

#include "conformance/initiator/initiator_script.h"
#include "conformance/sections.h"

namespace lunway::conformance::initiator_tests {
namespace {

using wire::Opcode;

/// Sets every bit of the header that no field of the PDU covers.
void set_reserved(Pdu& pdu) {
  const Layout* layout = layout_of(pdu.opcode());
  if (layout == nullptr) return;
  std::bitset<wire::kHeaderSize * 8> covered;
  for (const Field& field : layout->fields) {
    for (unsigned bit = 0; bit < field.bits; ++bit) covered.set(field.first_bit + bit);
  }
  for (unsigned bit = 0; bit < covered.size(); ++bit) {
    if (!covered.test(bit)) pdu.set({"reserved", static_cast<std::uint16_t>(bit), 1}, 1);
  }
}

/// A session in which all PDUs of a kind have their reserved bits set.
template <Opcode kOpcode, Traffic kTraffic>
void reserved_bits_of(InitiatorScript& s) {
  ServedLink& link = s.start(kTraffic);
  bool any = false;
  link.bend_answers([&any](Pdu& pdu) {
    if (!pdu.is(kOpcode)) return;
    any = true;
    set_reserved(pdu);
  });
  s.expect_success("reserved fields are ignored", "11");
  if (!any) s.inapplicable("nothing made the target send such a PDU");
}

/// A PDU that no target may send comes before the answer to the first command.
void send_first(InitiatorScript& s, const Pdu& pdu, std::string_view expected) {
  ServedLink& link = s.start();
  const Pdu command = link.expect(Opcode::scsi_command);
  link.send(pdu);
  link.answer(command);
  s.expect_refusal(link, expected, "11.2.1.2", Duty::should);
}

template <std::uint8_t kOpcode>
void send_opcode(InitiatorScript& s) {
  Pdu pdu;
  pdu.set(field::kOpcode, kOpcode).set(field::kFinal, 1).set(field::kItt, kReservedTag);
  send_first(s, pdu, "the session ends after a PDU that no target sends");
}

/// Each answer of a session is sent in pieces.
void cut(InitiatorScript& s, std::size_t size) {
  ServedLink& link = s.start();
  for (;;) {
    const Pdu command = link.expect(
        [](const Pdu& pdu) { return pdu.is(Opcode::scsi_command) && pdu[field::kRead] != 0; }, "a command with data");
    const std::vector<std::byte> data = link.data_for(command);
    if (data.size() > link.login().max_data_in() || data.empty()) {
      link.answer(command);
      continue;
    }
    link.connection().send_in_pieces(link.data_in_with_status(command, 0, 0, data), size);
    break;
  }
  s.expect_success("PDUs may be cut by TCP in any way");
}

constexpr std::string_view kReserved =
    "Serves a whole session. In each PDU of this kind all bits that the RFC does not define, and all reserved fields, "
    "are 1. A receiver must ignore them.";
constexpr std::string_view kNoTargetPdu =
    "Sends a PDU with this opcode, which no target may send, before the answer to the first command. Ending the "
    "session "
    "is right; no rule demands it, so going on is a warning.";

constexpr Test kTests[] = {
    {.id = "11/reserved-in-scsi-response",
     .title = "Reserved fields of a SCSI Response are ignored",
     .proves = "R7143-11-02",
     .about = kReserved,
     .script = reserved_bits_of<Opcode::scsi_response, Traffic::any>},
    {.id = "11/reserved-in-data-in",
     .title = "Reserved fields of a Data-In are ignored",
     .proves = "R7143-11-02",
     .about = kReserved,
     .script = reserved_bits_of<Opcode::data_in, Traffic::any>},
    {.id = "11/reserved-in-r2t",
     .title = "Reserved fields of an R2T are ignored",
     .proves = "R7143-11-02",
     .needs = {Need::writes_data},
     .about = kReserved,
     .script = reserved_bits_of<Opcode::ready_to_transfer, Traffic::writes>},
    {.id = "11/reserved-in-logout-response",
     .title = "Reserved fields of a Logout Response are ignored",
     .proves = "R7143-11-02",
     .about = kReserved,
     .script = reserved_bits_of<Opcode::logout_response, Traffic::any>},
    {.id = "11/reserved-in-text-response",
     .title = "Reserved fields of a Text Response are ignored",
     .proves = "R7143-11-02",
     .needs = {Need::discovers},
     .about = kReserved,
     .script = reserved_bits_of<Opcode::text_response, Traffic::discovers>},
    {.id = "11/reserved-in-login-response",
     .title = "Reserved fields of a Login Response are ignored",
     .proves = "R7143-11-02",
     .about = kReserved,
     .script =
         [](InitiatorScript& s) {
           (void)s.start(Traffic::any, {.bend = [](const LoginTurn& turn) { set_reserved(turn.response); }});
           s.expect_success("reserved fields are ignored", "11");
         }},
    {.id = "11/reserved-in-nop-in",
     .title = "Reserved fields of a NOP-In are ignored",
     .proves = "R7143-11-02",
     .about = "Sends a ping and a NOP-In that asks for nothing, both with all reserved bits set.",
     .script =
         [](InitiatorScript& s) {
           ServedLink& link = s.start();
           const Pdu command = link.expect(Opcode::scsi_command);
           Pdu ping = link.ping();
           set_reserved(ping);
           link.send(ping);
           const Pdu pong = link.expect(Opcode::nop_out, "in answer to the ping");
           s.require_field(pong, field::kTtt, ping[field::kTtt]);
           link.answer(command);
           s.expect_success("reserved fields are ignored", "11");
         }},
    {.id = "11/reserved-in-async-message",
     .title = "Reserved fields of an Asynchronous Message are ignored",
     .proves = "R7143-11-02",
     .about = "Sends AsyncEvent 0 without data, with all reserved bits set. The session goes on.",
     .script =
         [](InitiatorScript& s) {
           ServedLink& link = s.start();
           const Pdu command = link.expect(Opcode::scsi_command);
           Pdu message = link.async_message(0);
           set_reserved(message);
           link.send(message);
           link.answer(command);
           s.expect_survival("reserved fields are ignored", "11");
         }},
    {.id = "11/padding-is-ignored",
     .title = "Padding that is not zero is ignored",
     .proves = "R7143-11-02",
     .about = "Pads the data of each SCSI Response and Data-In with bytes of 0xff. Zeros are only recommended.",
     .script =
         [](InitiatorScript& s) {
           ServedLink& link = s.start();
           link.bend_answers([](Pdu& pdu) { pdu.lies.padding = std::byte{0xff}; });
           s.expect_success("padding is ignored", "11.1");
         }},
    {.id = "11/opcode-without-meaning",
     .title = "A PDU with an unassigned opcode of a target ends the session",
     .proves = "R7143-11-03",
     .about = kNoTargetPdu,
     .script = send_opcode<0x2f>},
    {.id = "11/opcode-of-an-initiator",
     .title = "A NOP-Out from a target ends the session",
     .proves = "R7143-11-03",
     .about = kNoTargetPdu,
     .script = send_opcode<0x00>},
    {.id = "11/command-from-a-target",
     .title = "A SCSI Command from a target ends the session",
     .proves = "R7143-11-03",
     .about = kNoTargetPdu,
     .script = send_opcode<0x01>},
    {.id = "11/login-response-after-login",
     .title = "A Login Response in the Full Feature Phase ends the session",
     .proves = "R7143-11-03",
     .about = kNoTargetPdu,
     .script = send_opcode<0x23>},
    {.id = "11/one-byte-at-a-time",
     .title = "PDUs that come byte by byte are read",
     .proves = "R7143-11-04",
     .about = "Sends the answer to a command with data in pieces of one byte.",
     .script = [](InitiatorScript& s) { cut(s, 1); }},
    {.id = "11/cut-within-the-header",
     .title = "PDUs that are cut within the header are read",
     .proves = "R7143-11-04",
     .about = "Sends the answer to a command with data in pieces of 47 bytes.",
     .script = [](InitiatorScript& s) { cut(s, 47); }},
    {.id = "7.7/length-without-end",
     .title = "A PDU that announces 16 MiB of data is not waited for",
     .proves = "R7143-7.7-02",
     .about = "Sends a NOP-In whose DataSegmentLength is 0xffffff, far beyond what the initiator declared, and nothing "
              "after it. To wait for the data is a warning.",
     .script =
         [](InitiatorScript& s) {
           ServedLink& link = s.start();
           (void)link.expect(Opcode::scsi_command);
           link.send(link.unsolicited_nop_in().lying({.data_segment_length = 0xffffff}));
           Arrival arrival = link.receive();
           while (arrival.kind == Arrival::Kind::pdu) arrival = link.receive();
           s.should(arrival.ended(), "the connection is closed", describe(arrival), "7.7");
         }},
    {.id = "7.14/end-in-the-midst-of-a-pdu",
     .title = "A connection that ends in the midst of a PDU is a failed connection",
     .proves = "R7143-7.14-03 R7143-7.1.4.3-01",
     .about =
         "Sends the first half of a header in answer to the first command and closes. The initiator connects again, "
         "or the driver reports a failure.",
     .script =
         [](InitiatorScript& s) {
           ServedLink& link = s.start();
           const Pdu command = link.expect(Opcode::scsi_command);
           link.connection().send_beginning(link.scsi_response(command), 24);
           link.connection().finish_sending();
           s.expect_refusal(link, "the initiator connects again or reports a failure", "7.14");
         }},
    {.id = "7.14/connection-is-reset",
     .title = "A connection that is reset is a failed connection",
     .proves = "R7143-7.14-03",
     .about = "Resets the TCP connection while the first command is open. The initiator connects again, or the driver "
              "reports a failure.",
     .script =
         [](InitiatorScript& s) {
           ServedLink& link = s.start();
           (void)link.expect(Opcode::scsi_command);
           link.connection().reset();
           s.expect_refusal(link, "the initiator connects again or reports a failure", "7.14");
         }},
};

}  // namespace

std::span<const Test> section_11() { return kTests; }

}  // namespace lunway::conformance::initiator_tests
