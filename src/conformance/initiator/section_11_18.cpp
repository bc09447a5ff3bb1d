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

bool is_nop_out(const Pdu& pdu) { return pdu.is(Opcode::nop_out); }

/// Pings in front of the answer to the first command, and returns what comes for it.
Pdu pong_to(InitiatorScript& s, ServedLink& link, const Pdu& ping) {
  const Pdu command = link.expect(Opcode::scsi_command);
  link.send(ping);
  const Pdu pong = link.expect(is_nop_out, "a NOP-Out in answer to the ping");
  link.answer(command);
  s.note("answered");
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
           ServedLink& link = s.start();
           const Pdu ping = link.ping();
           const Pdu pong = pong_to(s, link, ping);
           s.require_field(pong, field::kTtt, ping[field::kTtt]);
           s.expect_success("the session goes on after a ping");
         }},
};

}  // namespace

std::span<const Test> section_11_18() { return kTests; }

}  // namespace lunway::conformance::initiator_tests
