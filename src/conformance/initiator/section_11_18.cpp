// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// NOP-Out, as a target sees it.
//= rfc7143#11.18

#include "conformance/initiator/initiator_script.h"
#include "conformance/sections.h"

namespace lunway::conformance::initiator_tests {
namespace {

using wire::Opcode;

constexpr std::uint64_t kSomeLun = 0x0001000000000000;

/// Pings with `bend` before the first command is answered, and returns what comes for it.
Pdu pong_of(InitiatorScript& s, ServedLink& link, Pdu& ping, void (*bend)(Pdu&) = nullptr) {
  const Pdu command = link.expect(Opcode::scsi_command);
  ping = link.ping();
  if (bend != nullptr) bend(ping);
  link.send(ping);
  const Pdu pong = link.expect(Opcode::nop_out, "in answer to the ping");
  link.answer(command);
  s.expect_success("the session goes on after a ping");
  return pong;
}

constexpr Test kTests[] = {
    {.id = "11.18/ping-is-answered",
     .title = "A NOP-In with a Target Transfer Tag is answered by a NOP-Out that copies the tag",
     .proves = "R7143-11.18-01 R7143-11.18-02",
     .about = "Sends a NOP-In with a valid Target Transfer Tag while the first command is open. The NOP-Out that "
              "answers must carry the same tag; the session goes on to its good end.",
     .script =
         [](InitiatorScript& s) {
           Pdu ping;
           const Pdu pong = pong_of(s, s.start(), ping);
           s.require_field(pong, field::kTtt, ping[field::kTtt]);
         }},
    {.id = "11.18.2/pong-copies-lun",
     .title = "The answer to a ping copies its LUN",
     .proves = "R7143-11.18.2-03",
     .about =
         "Sends a ping whose LUN field is 1. The field goes with the Target Transfer Tag and comes back as it was.",
     .script =
         [](InitiatorScript& s) {
           Pdu ping;
           const Pdu pong = pong_of(s, s.start(), ping, [](Pdu& pdu) { pdu.set(field::kLun, kSomeLun); });
           s.require_field(pong, field::kLun, kSomeLun);
           s.require_field(pong, field::kTtt, ping[field::kTtt]);
         }},
    {.id = "11.18.1/pong-has-no-task-tag",
     .title = "The answer to a ping has the reserved Initiator Task Tag, the I bit, and takes no CmdSN",
     .proves = "R7143-11.18.1-02 R7143-11.18.1-04",
     .about = "Sends a ping. No answer to the answer is wanted, so it has the Initiator Task Tag 0xffffffff; that "
              "means the I bit, and a CmdSN that the next command has too.",
     .script =
         [](InitiatorScript& s) {
           Pdu ping;
           const Pdu pong = pong_of(s, s.start(), ping);
           s.require_field(pong, field::kItt, kReservedTag);
           s.require_field(pong, field::kImmediate, 1);
           bool seen = false;
           for (const Pdu& pdu : s.requests()) {
             if (seen && pdu[field::kImmediate] == 0 && !pdu.is(Opcode::data_out)) {
               s.require_field(pdu, field::kCmdSn, pong[field::kCmdSn]);
               return;
             }
             seen = seen || pdu == pong;
           }
         }},
    {.id = "11.18/several-pings",
     .title = "Each of several pings is answered",
     .proves = "R7143-11.18-01 R7143-11.18-02",
     .about = "Sends three pings in one TCP segment. Three NOP-Outs carry the three tags.",
     .script =
         [](InitiatorScript& s) {
           ServedLink& link = s.start();
           const Pdu command = link.expect(Opcode::scsi_command);
           const Pdu pings[] = {link.ping(), link.ping(), link.ping()};
           link.connection().send_together({pings[0], pings[1], pings[2]});
           for (const Pdu& ping : pings) {
             (void)link.expect(
                 [&](const Pdu& pdu) { return pdu.is(Opcode::nop_out) && pdu[field::kTtt] == ping[field::kTtt]; },
                 "a NOP-Out for each ping");
           }
           link.answer(command);
           s.expect_success("the session goes on after pings");
         }},
    {.id = "11.18/ping-in-a-closed-window",
     .title = "A ping is answered though the command window is closed",
     .proves = "R7143-11.18-01 R7143-11.18.1-04",
     .about = "Opens the window for one command only, and pings while that is under way and the window closed. The "
              "answer is immediate and takes no number, so the window does not hold it back.",
     .script =
         [](InitiatorScript& s) {
           ServedLink& link = s.start(Traffic::any, {.window = 1});
           const Pdu command = link.expect(Opcode::scsi_command);
           link.set_window(0);
           const Pdu ping = link.ping();
           link.send(ping);
           const Pdu pong = link.expect(Opcode::nop_out, "in answer to the ping");
           s.require_field(pong, field::kTtt, ping[field::kTtt]);
           link.set_window(16);
           link.answer(command);
           s.expect_success("the session goes on after a ping");
         }},
    {.id = "11.18/news-is-not-answered",
     .title = "A NOP-In without a Target Transfer Tag is not answered",
     .proves = "R7143-11.18-03",
     .about = "Sends a NOP-In with both tags reserved, which only tells numbers. No NOP-Out should come for it.",
     .script =
         [](InitiatorScript& s) {
           ServedLink& link = s.start();
           const Pdu command = link.expect(Opcode::scsi_command);
           link.send(link.unsolicited_nop_in());
           const Arrival arrival = link.receive(s.patience().silence);
           const bool answered = arrival.is(Opcode::nop_out) && arrival.pdu[field::kItt] == kReservedTag;
           s.should(!answered, "no NOP-Out for a NOP-In that asks for none", describe(arrival), "11.18");
           if (arrival.kind == Arrival::Kind::pdu) link.answer(arrival.pdu);
           link.answer(command);
           s.expect_success("the session goes on");
         }},
    {.id = "11.18.2/own-ping-has-no-transfer-tag",
     .title = "A NOP-Out that pings has a valid Initiator Task Tag and the reserved Target Transfer Tag",
     .proves = "R7143-11.18.1-01 R7143-11.18.2-01 R7143-11.18.2-02",
     .needs = {Need::pings},
     .about = "Serves a driver that pings and looks at its NOP-Outs: each wants a NOP-In, so its Initiator Task Tag is "
              "a real one, and it answers none, so its Target Transfer Tag is 0xffffffff.",
     .script =
         [](InitiatorScript& s) {
           ServedLink& link = s.start();
           const Pdu ping = link.expect(Opcode::nop_out);
           s.require(ping[field::kItt] != kReservedTag, "a valid Initiator Task Tag", summary_of(ping));
           s.require_field(ping, field::kTtt, kReservedTag);
           link.answer(ping);
           s.expect_survival("the driver goes on after its ping");
         }},
};

}  // namespace

std::span<const Test> section_11_18() { return kTests; }

}  // namespace lunway::conformance::initiator_tests
