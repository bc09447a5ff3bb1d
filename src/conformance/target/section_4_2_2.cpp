// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Command numbers: their window, their order, what is outside and what comes twice.
//= rfc7143#4.2.2

#include <algorithm>
#include <string>
#include <vector>

#include "conformance/sections.h"
#include "conformance/target/target_script.h"

namespace lunway::conformance::target_tests {
namespace {

using wire::Opcode;

/// A NOP-Out that was made for a place in the sequence, and its answer.
Pdu answered(Link& link, const Pdu& request) {
  link.send(request);
  return link.expect_answer(request, Opcode::nop_in);
}

/// A numbered NOP-Out with a CmdSN of the script's own, which moves nothing.
Pdu numbered(Link& link, std::uint32_t cmd_sn) {
  return link.nop_out(Delivery::immediate).set(field::kImmediate, 0).set(field::kCmdSn, cmd_sn);
}

/// Logs in with that CmdSN and sends enough commands to pass 2^32 or 2^31, whichever is near.
void runs_across(TargetScript& s, std::uint32_t first) {
  Link& link = s.log_in({.cmd_sn = first, .settle = false});
  for (int count = 0; count < 6; ++count) {
    const Pdu answer = answered(link, link.nop_out());
    s.require_field(answer, field::kExpCmdSn, link.cmd_sn());
    const auto window = static_cast<std::int32_t>(answer[field::kMaxCmdSn] - answer[field::kExpCmdSn]);
    s.require(window >= -1, "MaxCmdSN is not below ExpCmdSN - 1", summary_of(answer), "4.2.2.1");
  }
}

/// Sends `ignored` with a number that the target has to ignore; nothing answers it, and the session goes on.
void ignores(TargetScript& s, Link& link, std::uint32_t cmd_sn) {
  link.send(numbered(link, cmd_sn));
  link.expect_nothing_but_ping("no answer to a command outside the window");
  const Pdu answer = answered(link, link.nop_out());
  s.require_field(answer, field::kExpCmdSn, link.cmd_sn());
}

constexpr Test kTests[] = {
    {.id = "4.2.2.1/exp-cmd-sn-follows-commands",
     .title = "ExpCmdSN grows by one with each command that is not immediate",
     .proves = "R7143-4.2.2.1-13 R7143-4.2.2.1-16",
     .about = "Sends five NOP-Outs with a CmdSN each; the ExpCmdSN of each answer is the CmdSN of the request plus "
              "one, so the "
              "acknowledgement of a command never comes after its answer.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           for (int count = 0; count < 5; ++count) {
             const Pdu request = link.nop_out();
             s.require_field(answered(link, request), field::kExpCmdSn, request[field::kCmdSn] + 1);
           }
         }},
    {.id = "4.2.2.1/immediate-commands-do-not-count",
     .title = "Immediate commands do not move ExpCmdSN",
     .proves = "R7143-4.2.2.1-13",
     .about = "Sends five immediate NOP-Outs, all with the CmdSN that is due. ExpCmdSN stays.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           const std::uint32_t due = link.cmd_sn();
           for (int count = 0; count < 5; ++count) {
             s.require_field(answered(link, link.nop_out(Delivery::immediate)), field::kExpCmdSn, due);
           }
         }},
    {.id = "4.2.2.1/first-command-number-is-that-of-the-login",
     .title = "The first command has the CmdSN of the leading login",
     .proves = "R7143-11.12.8-01 R7143-4.2.2.1-13",
     .about = "Logs in with CmdSN 0x12345678 and sends a NOP-Out with that number: it is taken and answered.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in({.cmd_sn = 0x12345678, .settle = false});
           s.require_field(answered(link, numbered(link, 0x12345678)), field::kExpCmdSn, 0x12345679);
         }},
    {.id = "4.2.2.1/numbers-wrap-at-32-bits",
     .title = "Command numbers go on at 0 after 0xffffffff",
     .proves = "R7143-4.2.2.1-10 R7143-11.12.8-01",
     .about = "Logs in with CmdSN 0xfffffffd and sends six commands across the wrap.",
     .script = [](TargetScript& s) { runs_across(s, 0xfffffffd); }},
    {.id = "4.2.2.1/numbers-pass-the-sign-bit",
     .title = "Command numbers go on at 0x80000000 after 0x7fffffff",
     .proves = "R7143-4.2.2.1-10 R7143-11.12.8-01",
     .about = "Logs in with CmdSN 0x7ffffffd and sends six commands: a comparison of signed numbers would fail here.",
     .script = [](TargetScript& s) { runs_across(s, 0x7ffffffd); }},
    {.id = "11.12.8/numbers-begin-at-zero",
     .title = "A login may begin with CmdSN 0",
     .proves = "R7143-11.12.8-01",
     .about = "Logs in with CmdSN 0 and sends six commands.",
     .script = [](TargetScript& s) { runs_across(s, 0); }},

    {.id = "4.2.2.1/waits-at-a-gap",
     .title = "A command behind a gap waits, and ExpCmdSN stays at the gap",
     .proves = "R7143-4.2.2.1-09 R7143-4.2.2.1-07",
     .about = "Sends a NOP-Out one number too far. It gets no answer, and ExpCmdSN of a ping stays at the gap; when "
              "the missing "
              "number comes, both are answered in their order.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           const Pdu first = link.nop_out();
           const Pdu second = link.nop_out();
           link.send(second);
           const Pdu ping = link.nop_out(Delivery::immediate);
           link.send(ping);
           s.require_field(link.expect_answer(ping, Opcode::nop_in, "only the ping is answered"), field::kExpCmdSn,
                           first[field::kCmdSn]);
           link.send(first);
           link.expect_answer(first, Opcode::nop_in, "the command that filled the gap");
           link.expect_answer(second, Opcode::nop_in, "the command that waited");
         }},
    {.id = "4.2.2.1/puts-commands-in-order",
     .title = "Commands that arrive backwards are delivered in the order of their numbers",
     .proves = "R7143-4.2.2.1-07 R7143-4.2.2.1-09",
     .about = "Sends four NOP-Outs in reverse. Their answers come in the order of CmdSN.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           std::vector<Pdu> requests;
           requests.reserve(4);
           for (int count = 0; count < 4; ++count) requests.push_back(link.nop_out());
           std::ranges::for_each(requests.rbegin(), requests.rend(), [&](const Pdu& pdu) { link.send(pdu); });
           for (const Pdu& request : requests) link.expect_answer(request, Opcode::nop_in, "in the order of CmdSN");
         }},

    {.id = "4.2.2.1/ignores-a-number-beyond-the-window",
     .title = "A command beyond MaxCmdSN is ignored in silence",
     .proves = "R7143-4.2.2.1-12",
     .about =
         "Sends a NOP-Out with CmdSN = MaxCmdSN + 1: no answer, no Reject; the session goes on with the number that is "
         "due.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           const Pdu pong = answered(link, link.nop_out());
           ignores(s, link, pong[field::kMaxCmdSn] + 1);
         }},
    {.id = "4.2.2.1/ignores-a-number-far-beyond-the-window",
     .title = "A command far beyond MaxCmdSN is ignored in silence",
     .proves = "R7143-4.2.2.1-12",
     .about = "Sends a NOP-Out whose CmdSN is 2^30 ahead.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           ignores(s, link, link.cmd_sn() + (1U << 30));
         }},
    {.id = "4.2.2.1/ignores-a-number-that-was-used",
     .title = "A command with a CmdSN that was used is ignored in silence",
     .proves = "R7143-4.2.2.1-12",
     .about = "Sends a NOP-Out with the CmdSN of one that was answered, under a new tag: no second answer comes.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           const Pdu first = link.nop_out();
           answered(link, first);
           ignores(s, link, first[field::kCmdSn]);
         }},
    {.id = "4.2.2.1/ignores-a-number-before-the-session",
     .title = "A command with a CmdSN from before the session is ignored in silence",
     .proves = "R7143-4.2.2.1-12",
     .about = "Sends a NOP-Out whose CmdSN is 1000 below the one that is due.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in({.cmd_sn = 5000});
           ignores(s, link, link.cmd_sn() - 1000);
         }},
    {.id = "4.2.2.1/ignores-a-duplicate-that-waits",
     .title = "A second command with the number of one that waits is ignored",
     .proves = "R7143-4.2.2.1-12",
     .about = "Leaves a gap, sends two NOP-Outs with the next number under different tags, and fills the gap: one of "
              "the two is "
              "answered, not both.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           const Pdu missing = link.nop_out();
           const Pdu waiting = link.nop_out();
           link.send(waiting);
           link.send(numbered(link, waiting[field::kCmdSn]));
           link.send(missing);
           link.expect_answer(missing, Opcode::nop_in);
           link.expect(Opcode::nop_in, "one of the two that have the same number");
           link.expect_nothing_but_ping("the other is ignored");
         }},

    {.id = "4.2.2.1/window-is-filled",
     .title = "As many commands as the window says are taken at once",
     .proves = "R7143-4.2.2.1-13",
     .about = "Sends NOP-Outs up to MaxCmdSN, at most 256, without waiting for one. All are answered.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           const Pdu pong = answered(link, link.nop_out());
           const std::uint32_t window = std::min<std::uint32_t>(256, pong[field::kMaxCmdSn] - link.cmd_sn() + 1);
           if (window == 0) s.inapplicable("the window is shut");
           for (std::uint32_t count = 0; count < window; ++count) link.send(link.nop_out());
           for (std::uint32_t count = 0; count < window; ++count) link.expect(Opcode::nop_in);
           link.ping();
         }},
    {.id = "4.2.2.1/window-does-not-shrink",
     .title = "MaxCmdSN never goes back",
     .proves = "R7143-4.2.2.1-11",
     .about =
         "Runs sixteen commands and follows MaxCmdSN: it is never below what was said before, nor below ExpCmdSN - 1.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           std::uint32_t last = answered(link, link.nop_out())[field::kMaxCmdSn];
           for (int count = 0; count < 16; ++count) {
             const Pdu pong = answered(link, link.nop_out());
             s.require(static_cast<std::int32_t>(pong[field::kMaxCmdSn] - last) >= 0, "MaxCmdSN does not go back",
                       summary_of(pong));
             s.require(static_cast<std::int32_t>(pong[field::kMaxCmdSn] - pong[field::kExpCmdSn]) >= -1,
                       "MaxCmdSN is not below ExpCmdSN - 1", summary_of(pong));
             last = pong[field::kMaxCmdSn];
           }
         }},

    {.id = "4.2.2.2/stat-sn-follows-responses",
     .title = "StatSN grows by one with each response of any kind",
     .proves = "R7143-4.2.2.2-04",
     .about =
         "Runs a NOP-Out, TEST UNIT READY, a text request and an ABORT TASK in turn. Each answer has the StatSN after "
         "that of the answer before.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           const auto follows = [&](const Pdu& request, Opcode opcode) {
             const std::uint32_t due = link.exp_stat_sn();
             link.send(request);
             s.require_field(link.expect_answer(request, opcode), field::kStatSn, due);
           };
           for (int count = 0; count < 2; ++count) {
             follows(link.nop_out(), Opcode::nop_in);
             follows(link.command(cdb::test_unit_ready()), Opcode::scsi_response);
             follows(link.text_request({{"SendTargets", ""}}), Opcode::text_response);
             follows(link.task_management(1, 0x7fffff00).set(field::kRefCmdSn, link.cmd_sn() - 1),
                     Opcode::task_management_response);
           }
         }},
    {.id = "4.2.2.2/stat-sn-follows-the-login",
     .title = "The first response of the Full Feature Phase has the StatSN after that of the last Login Response",
     .proves = "R7143-4.2.2.2-04 R7143-11.13.4-01",
     .about = "Logs in and pings; the StatSN of the NOP-In is one more than that of the final Login Response.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in({.settle = false});
           const std::uint32_t due = link.exp_stat_sn();
           s.require_field(answered(link, link.nop_out()), field::kStatSn, due);
         }},
};

}  // namespace

std::span<const Test> section_4_2_2() { return kTests; }

}  // namespace lunway::conformance::target_tests
