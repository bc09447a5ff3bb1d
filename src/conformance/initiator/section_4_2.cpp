// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Ordering and numbering, and what a login consists of, as a target sees them.
//= rfc7143#4.2.2
//= rfc7143#4.2.4

#include "conformance/initiator/initiator_script.h"
#include "conformance/sections.h"

namespace lunway::conformance::initiator_tests {
namespace {

using wire::Opcode;

/// Answers the first Login Request with `pdu` and looks for the end of the connection.
void answer_login_with(InitiatorScript& s, Pdu pdu) {
  Connection& c = s.begin();
  const Pdu request = s.expect(c, Opcode::login_request);
  pdu.set(field::kFinal, 1).set(field::kItt, request[field::kItt]).set(field::kStatSn, 1);
  pdu.set(field::kExpCmdSn, request[field::kCmdSn]).set(field::kMaxCmdSn, request[field::kCmdSn] + 31);
  c.send(pdu);
  s.expect_hangup(c, "the connection is closed after a " + name_of(pdu) + " in the Login Phase", "4.2.4");
}

template <Opcode kOpcode>
void answer_login_with_opcode(InitiatorScript& s) {
  answer_login_with(s, Pdu(kOpcode));
}

constexpr std::string_view kNoLoginPdu =
    "Answers the first Login Request with this PDU, which has no place in the Login Phase. An initiator that receives "
    "anything but a Login Response there must close the connection.";

bool takes_cmd_sn(const Pdu& pdu) { return !pdu.is(Opcode::data_out) && !pdu.is(Opcode::snack_request); }

/// Whether each request in its order has the CmdSN that the ones before it leave.
void require_numbering(InitiatorScript& s, const std::vector<Pdu>& requests, bool immediate) {
  std::optional<std::uint32_t> next;
  for (const Pdu& pdu : requests) {
    if (!takes_cmd_sn(pdu)) continue;
    if (pdu.is(Opcode::login_request)) {
      next = pdu[field::kCmdSn];
      continue;
    }
    const bool is_immediate = pdu[field::kImmediate] != 0;
    if (next && is_immediate == immediate) s.require_field(pdu, field::kCmdSn, *next, "4.2.2.1");
    if (!is_immediate) next = pdu[field::kCmdSn] + 1;
  }
}

/// A session whose first StatSN is `stat_sn`.
template <std::uint32_t kStatSn>
void log_in_with_stat_sn(InitiatorScript& s) {
  ServedLink& link = s.start(Traffic::any, {.stat_sn = kStatSn});
  const auto& login = link.login();
  for (std::size_t at = 1; at < login.requests.size(); ++at) {
    s.require_field(login.requests[at], field::kExpStatSn, login.responses[at - 1][field::kStatSn] + 1, "4.2.2.2");
  }
  s.expect_success("a session works whatever StatSN it starts with", "4.2.2.2");
}

/// The first answer of the Full Feature Phase has a StatSN that is `gap` too far on.
template <std::uint32_t kGap>
void skip_stat_sn(InitiatorScript& s) {
  ServedLink& link = s.start();
  const Pdu command = link.expect(Opcode::scsi_command);
  link.set_stat_sn(link.stat_sn() + kGap);
  link.finish(command);
  s.expect_refusal(link, "a gap in StatSN is recovered, or the session ends", "7.9");
}

constexpr Test kTests[] = {
    {.id = "4.2.2.1/commands-are-numbered",
     .title = "CmdSN starts with the leading login and increases by one with each command that is not immediate",
     .proves = "R7143-4.2.2.1-03 R7143-4.2.2.1-08 R7143-4.2.2.1-13",
     .about = "Serves a whole session and compares the CmdSN of each numbered request with the one before it. The "
              "first has the CmdSN of the login.",
     .script =
         [](InitiatorScript& s) {
           (void)s.start();
           s.expect_success("a plain session works");
           require_numbering(s, s.requests(), false);
         }},
    {.id = "4.2.2.1/immediate-requests-take-no-number",
     .title = "An immediate request carries the current CmdSN and does not advance it",
     .proves = "R7143-4.2.2.1-01 R7143-4.2.2.1-02",
     .about = "Pings the initiator twice, so that it sends immediate NOP-Outs between its commands, and looks at the "
              "CmdSN of these and of the commands that follow.",
     .script =
         [](InitiatorScript& s) {
           ServedLink& link = s.start();
           for (int round = 0; round < 2; ++round) {
             const Pdu command = link.expect(Opcode::scsi_command);
             link.send(link.ping());
             (void)link.expect(Opcode::nop_out);
             link.answer(command);
           }
           s.expect_success("the session goes on after pings");
           require_numbering(s, s.requests(), true);
           require_numbering(s, s.requests(), false);
         }},
    {.id = "4.2.2.1/closed-window-holds-commands-back",
     .title = "No numbered command is sent while the command window is closed",
     .proves = "R7143-4.2.2.1-13",
     .about = "Opens the window for one command in the login, answers it with MaxCmdSN as it was, which is now "
              "ExpCmdSN - 1, listens for a while, and opens the window by a NOP-In. Nothing numbered may come before, "
              "and the session goes on after.",
     .script =
         [](InitiatorScript& s) {
           ServedLink& link = s.start(Traffic::any, {.window = 1});
           const Pdu command = link.expect(Opcode::scsi_command);
           link.set_window(0);
           link.answer(command);
           const Arrival early = link.receive(s.patience().silence * 2);
           const bool held = early.kind != Arrival::Kind::pdu || early.pdu[field::kImmediate] != 0;
           s.require(held, "nothing numbered while the window is closed", describe(early), "4.2.2.1");
           if (early.ended()) s.inconclusive("the initiator had nothing more to send");
           link.set_window(16);
           if (early.kind == Arrival::Kind::pdu) link.answer(early.pdu);
           link.send(link.unsolicited_nop_in());
           s.expect_success("the session goes on when the window opens");
         }},
    {.id = "4.2.2.1/window-of-one",
     .title = "A window of one command is respected",
     .proves = "R7143-4.2.2.1-13",
     .about = "Serves a whole session with MaxCmdSN = ExpCmdSN, also in the login, so that only one command may be "
              "under way, and compares each CmdSN with the last MaxCmdSN that was sent.",
     .script =
         [](InitiatorScript& s) {
           (void)s.start(Traffic::any, {.window = 1});
           s.expect_success("a session works with a window of one");
           std::uint32_t max = 0;
           for (const Event& event : s.exchange().events()) {
             if (event.kind != Event::Kind::pdu) continue;
             if (event.by_script) {
               max = event.pdu[field::kMaxCmdSn];
             } else if (takes_cmd_sn(event.pdu) && event.pdu[field::kImmediate] == 0) {
               s.require(static_cast<std::int32_t>(event.pdu[field::kCmdSn] - max) <= 0, "CmdSN within the window",
                         summary_of(event.pdu), "4.2.2.1");
             }
           }
         }},
    {.id = "4.2.2.1/nonsense-window-is-ignored",
     .title = "MaxCmdSN below ExpCmdSN - 1 makes the initiator ignore both",
     .proves = "R7143-4.2.2.1-18",
     .about = "Sends a NOP-In whose MaxCmdSN is ten below its ExpCmdSN, which no target may do, before it answers the "
              "first command in the plain way. An initiator that took the numbers would stop or fail.",
     .script =
         [](InitiatorScript& s) {
           ServedLink& link = s.start();
           const Pdu command = link.expect(Opcode::scsi_command);
           link.send(link.unsolicited_nop_in()
                         .set(field::kExpCmdSn, link.exp_cmd_sn() + 100)
                         .set(field::kMaxCmdSn, link.exp_cmd_sn() + 90));
           link.answer(command);
           s.expect_success("numbers that make no sense are ignored");
         }},
    {.id = "4.2.2.1/stale-window-is-ignored",
     .title = "ExpCmdSN and MaxCmdSN that are behind earlier ones are ignored",
     .proves = "R7143-4.2.2.1-18 R7143-4.2.2.1-10",
     .about = "After the answer to the first command comes a NOP-In with an older ExpCmdSN and a MaxCmdSN that would "
              "close the window. Both are behind what was sent before, in serial arithmetic, so the session goes on.",
     .script =
         [](InitiatorScript& s) {
           ServedLink& link = s.start();
           const Pdu command = link.expect(Opcode::scsi_command);
           const std::uint32_t old = link.exp_cmd_sn() - 1;
           link.answer(command);
           link.send(link.unsolicited_nop_in().set(field::kExpCmdSn, old - 4).set(field::kMaxCmdSn, old - 5));
           s.expect_success("stale numbers are ignored");
         }},
    {.id = "4.2.2.2/status-numbers-from-zero",
     .title = "A session whose first StatSN is 0 works",
     .proves = "R7143-4.2.2.2-04",
     .about = "Begins the login with StatSN 0 and serves the session. ExpStatSN follows in each Login Request.",
     .script = log_in_with_stat_sn<0>},
    {.id = "4.2.2.2/status-numbers-wrap",
     .title = "StatSN wraps from 0xffffffff to 0",
     .proves = "R7143-4.2.2.2-04",
     .about = "Begins the login with StatSN 0xffffffff, so that the number wraps within it.",
     .script = log_in_with_stat_sn<0xffffffff>},
    {.id = "4.2.2.2/status-numbers-pass-the-middle",
     .title = "StatSN passes from 0x7fffffff to 0x80000000",
     .proves = "R7143-4.2.2.2-04",
     .about = "Begins the login with StatSN 0x7fffffff, so that a signed comparison would go wrong within it.",
     .script = log_in_with_stat_sn<0x7fffffff>},
    {.id = "4.2.2.2/status-gap-of-one",
     .title = "A missing status is recovered, or the session ends",
     .proves = "R7143-7.9-03 R7143-4.2.2.2-04",
     .about = "The StatSN of the first SCSI Response is one too high, as if a response had been lost. The initiator "
              "asks for it, logs the connection out, or closes; going on as if nothing was missing is wrong.",
     .script = skip_stat_sn<1>},
    {.id = "4.2.2.2/status-gap-of-half-the-space",
     .title = "A jump of StatSN by 2^31 is not followed",
     .proves = "R7143-4.2.2.2-02 R7143-4.2.2.2-03",
     .about = "The StatSN of the first SCSI Response is 2^31 away from what is expected: more than any constant that "
              "an initiator may choose for going on.",
     .script = skip_stat_sn<0x80000000>},
    {.id = "4.2.4/login-comes-first",
     .title = "The first PDU of a connection is a Login Request",
     .proves = "R7143-4.2.4-05 R7143-11.12-01",
     .about = "Accepts the connection, sends nothing, and looks at the first PDU that comes.",
     .script =
         [](InitiatorScript& s) {
           Connection& c = s.begin();
           (void)s.expect(c, Opcode::login_request, "first of all");
         }},
    {.id = "4.2.4/one-login-request-at-a-time",
     .title = "The initiator waits for the Login Response before it sends anything more",
     .proves = "R7143-4.2.4-04 R7143-6.3-01",
     .about = "Leaves the first Login Request unanswered for a while. Nothing more may come: there is at most one "
              "outstanding Login Request, and no other PDU in this phase.",
     .script =
         [](InitiatorScript& s) {
           Connection& c = s.begin();
           (void)s.expect(c, Opcode::login_request);
           s.expect_silence(c, "nothing before the Login Response");
         }},
    {.id = "4.2.4/one-login-phase-per-connection",
     .title = "No Login Request comes after the Login Phase",
     .proves = "R7143-4.2.4-06",
     .about = "Serves a whole session and looks for Login Requests after the final Login Response.",
     .script =
         [](InitiatorScript& s) {
           ServedLink& link = s.start();
           const std::size_t logins = link.login().requests.size();
           while (true) {
             const Arrival arrival = link.receive();
             if (arrival.kind != Arrival::Kind::pdu) break;
             s.require(!arrival.is(Opcode::login_request), "no second Login Phase", summary_of(arrival.pdu));
             link.answer(arrival.pdu);
           }
           s.require(logins > 0, "a Login Phase");
         }},
    {.id = "4.2.4/nop-in-ends-login",
     .title = "A NOP-In in the Login Phase makes the initiator close",
     .proves = "R7143-4.2.4-09",
     .about = kNoLoginPdu,
     .script = answer_login_with_opcode<Opcode::nop_in>},
    {.id = "4.2.4/scsi-response-ends-login",
     .title = "A SCSI Response in the Login Phase makes the initiator close",
     .proves = "R7143-4.2.4-09",
     .about = kNoLoginPdu,
     .script = answer_login_with_opcode<Opcode::scsi_response>},
    {.id = "4.2.4/task-management-response-ends-login",
     .title = "A Task Management Function Response in the Login Phase makes the initiator close",
     .proves = "R7143-4.2.4-09",
     .about = kNoLoginPdu,
     .script = answer_login_with_opcode<Opcode::task_management_response>},
    {.id = "4.2.4/text-response-ends-login",
     .title = "A Text Response in the Login Phase makes the initiator close",
     .proves = "R7143-4.2.4-09",
     .about = kNoLoginPdu,
     .script = answer_login_with_opcode<Opcode::text_response>},
    {.id = "4.2.4/data-in-ends-login",
     .title = "A Data-In in the Login Phase makes the initiator close",
     .proves = "R7143-4.2.4-09",
     .about = kNoLoginPdu,
     .script = answer_login_with_opcode<Opcode::data_in>},
    {.id = "4.2.4/r2t-ends-login",
     .title = "An R2T in the Login Phase makes the initiator close",
     .proves = "R7143-4.2.4-09",
     .about = kNoLoginPdu,
     .script = answer_login_with_opcode<Opcode::ready_to_transfer>},
    {.id = "4.2.4/async-message-ends-login",
     .title = "An Asynchronous Message in the Login Phase makes the initiator close",
     .proves = "R7143-4.2.4-09",
     .about = kNoLoginPdu,
     .script = answer_login_with_opcode<Opcode::asynchronous_message>},
    {.id = "4.2.4/logout-response-ends-login",
     .title = "A Logout Response in the Login Phase makes the initiator close",
     .proves = "R7143-4.2.4-09",
     .about = kNoLoginPdu,
     .script = answer_login_with_opcode<Opcode::logout_response>},
    {.id = "4.2.4/reject-ends-login",
     .title = "A Reject in the Login Phase makes the initiator close",
     .proves = "R7143-4.2.4-09",
     .about = kNoLoginPdu,
     .script = answer_login_with_opcode<Opcode::reject>},
    {.id = "4.2.4/login-request-ends-login",
     .title = "A Login Request from the target makes the initiator close",
     .proves = "R7143-4.2.4-09",
     .about = kNoLoginPdu,
     .script = answer_login_with_opcode<Opcode::login_request>},
};

}  // namespace

std::span<const Test> section_4_2() { return kTests; }

}  // namespace lunway::conformance::initiator_tests
