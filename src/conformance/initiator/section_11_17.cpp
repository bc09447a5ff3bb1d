// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What an initiator makes of Rejects.
//= rfc7143#11.17

#include "conformance/initiator/initiator_script.h"
#include "conformance/sections.h"

namespace lunway::conformance::initiator_tests {
namespace {

using wire::Opcode;

constexpr std::string_view kOfACommand =
    "Answers a READ by a Reject with this reason and the header of the command, and by nothing else. The command was "
    "not carried out: the initiator sends it again, fails it, or ends the session. It does not wait for ever and does "
    "not call it a success.";

template <std::uint8_t kReason>
void reject_a_read(InitiatorScript& s) {
  ServedLink& link = s.start(Traffic::reads);
  const Pdu command = link.await_read();
  link.send(link.reject(command, kReason));
  s.expect_refusal(link, "the rejected command is no success: it is sent again, or the failure is reported", "11.17",
                   Duty::must, &command);
}

/// A Reject that belongs to nothing.
void reject_nothing(InitiatorScript& s, void (*bend)(Pdu&)) {
  ServedLink& link = s.start();
  const Pdu command = link.expect(Opcode::scsi_command);
  // An immediate one, so that no gap in CmdSN is said to be left.
  Pdu pdu = link.reject(Pdu(command).set(field::kImmediate, 1), 0x09);
  bend(pdu);
  link.send(pdu);
  link.answer(command);
  s.expect_survival("a Reject that makes no sense does no harm");
}

constexpr Test kTests[] = {
    {.id = "7.12/reject-in-login",
     .title = "A Reject with reason 0x0b in the Login Phase ends the login and the connection",
     .proves = "R7143-11.17.1-02 R7143-7.12-01 R7143-7.12-02",
     .about = "Answers the first Login Request by a Reject with reason 0x0b (Negotiation Reset). In the Login Phase "
              "that is a negotiation failure.",
     .script =
         [](InitiatorScript& s) {
           Connection& c = s.begin();
           const Pdu request = s.expect(c, Opcode::login_request);
           Pdu reject(Opcode::reject);
           reject.set(field::kFinal, 1).set(field::kRejectReason, 0x0b).set(field::kItt, kReservedTag);
           reject.set(field::kStatSn, 1).with_data(request.header);
           c.send(reject);
           s.expect_hangup(c, "the login ends after a Reject", "11.17.1");
         }},
    {.id = "7.3/data-digest-error",
     .title = "A command that is rejected with reason 0x02 (Data digest error) is no success",
     .proves = "R7143-7.3-03",
     .needs = {Need::reads_data},
     .about = kOfACommand,
     .script = reject_a_read<0x02>},
    {.id = "7.3/protocol-error",
     .title = "A command that is rejected with reason 0x04 (Protocol Error) is no success",
     .proves = "R7143-7.3-03",
     .needs = {Need::reads_data},
     .about = kOfACommand,
     .script = reject_a_read<0x04>},
    {.id = "7.3/command-not-supported",
     .title = "A command that is rejected with reason 0x05 (Command not supported) is no success",
     .proves = "R7143-7.3-03",
     .needs = {Need::reads_data},
     .about = kOfACommand,
     .script = reject_a_read<0x05>},
    {.id = "7.3/too-many-immediate-commands",
     .title = "A command that is rejected with reason 0x06 (Immediate command reject) is no success",
     .proves = "R7143-7.3-03",
     .needs = {Need::reads_data},
     .about = kOfACommand,
     .script = reject_a_read<0x06>},
    {.id = "7.3/task-in-progress",
     .title = "A command that is rejected with reason 0x07 (Task in progress) is no success",
     .proves = "R7143-7.3-03",
     .needs = {Need::reads_data},
     .about = kOfACommand,
     .script = reject_a_read<0x07>},
    {.id = "7.3/invalid-pdu-field",
     .title = "A command that is rejected with reason 0x09 (Invalid PDU field) is no success",
     .proves = "R7143-7.3-03",
     .needs = {Need::reads_data},
     .about = kOfACommand,
     .script = reject_a_read<0x09>},
    {.id = "7.3/long-operation-reject",
     .title = "A command that is rejected with reason 0x0a (Long op reject) is no success",
     .proves = "R7143-7.3-03",
     .needs = {Need::reads_data},
     .about = kOfACommand,
     .script = reject_a_read<0x0a>},
    {.id = "7.3/waiting-for-logout",
     .title = "A command that is rejected with reason 0x0c (Waiting for Logout) is no success",
     .proves = "R7143-7.3-03",
     .needs = {Need::reads_data},
     .about = kOfACommand,
     .script = reject_a_read<0x0c>},
    {.id = "11/reserved-reason",
     .title = "A command that is rejected with a reserved reason is no success",
     .proves = "R7143-11-03",
     .needs = {Need::reads_data},
     .about = kOfACommand,
     .script = reject_a_read<0x77>},
    {.id = "7.7/reject-without-header",
     .title = "A Reject without the header of the bad PDU does no harm",
     .proves = "R7143-7.7-02",
     .about = "Sends a Reject with an empty data segment, then answers the open command in the plain way. The "
              "initiator may end the session for it, or go on; it comes to its end.",
     .script = [](InitiatorScript& s) { reject_nothing(s, [](Pdu& pdu) { pdu.data.clear(); }); }},
    {.id = "7.7/reject-with-half-a-header",
     .title = "A Reject with a part of a header does no harm",
     .proves = "R7143-7.7-02",
     .about = "Sends a Reject with 20 bytes of data, then answers the open command in the plain way.",
     .script = [](InitiatorScript& s) { reject_nothing(s, [](Pdu& pdu) { pdu.data.resize(20); }); }},
    {.id = "7.7/reject-of-an-unknown-task",
     .title = "A Reject of a PDU that was never sent does no harm",
     .proves = "R7143-7.7-02",
     .about = "Sends a Reject whose header has a tag that was never used, then answers the open command.",
     .script = [](InitiatorScript& s) { reject_nothing(s, [](Pdu& pdu) { pdu.data[16] = ~pdu.data[16]; }); }},
    {.id = "7.12/send-targets-rejected",
     .title = "A rejected Text Request is a failure of the negotiation",
     .proves = "R7143-7.12-03",
     .needs = {Need::discovers},
     .about = "Answers SendTargets by a Reject with reason 0x04. The initiator reports that it has found nothing out, "
              "or asks again; it does not wait for ever.",
     .script =
         [](InitiatorScript& s) {
           ServedLink& link = s.start(Traffic::discovers);
           const Pdu request = link.expect(Opcode::text_request);
           link.send(link.reject(request, 0x04));
           const Arrival arrival = link.receive();
           s.require(arrival.kind != Arrival::Kind::silence, "the initiator goes on somehow", describe(arrival));
         }},
    {.id = "8.1.2/logout-rejected",
     .title = "A rejected Logout Request ends in a closed connection",
     .proves = "R7143-8.1.2-04",
     .about = "Answers the Logout Request by a Reject. The initiator wants to be gone: it closes.",
     .script =
         [](InitiatorScript& s) {
           ServedLink& link = s.start();
           const Arrival arrival = link.serve_until(Opcode::logout_request);
           if (!arrival.is(Opcode::logout_request)) s.inapplicable("it ends without a Logout Request");
           link.send(link.reject(arrival.pdu, 0x04));
           s.expect_hangup(link.connection(), "the connection is closed", "8.1.2");
         }},
};

}  // namespace

std::span<const Test> section_11_17() { return kTests; }

}  // namespace lunway::conformance::initiator_tests
