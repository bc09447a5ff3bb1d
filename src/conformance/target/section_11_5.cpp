// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Task management: the requests, and the answers that they get.
//= rfc7143#11.5
//= rfc7143#11.6

#include <algorithm>
#include <string>

#include "conformance/sections.h"
#include "conformance/target/target_script.h"

namespace lunway::conformance::target_tests {
namespace {

using wire::Opcode;

// Functions.
constexpr std::uint8_t kAbortTask = 1;
constexpr std::uint8_t kAbortTaskSet = 2;
constexpr std::uint8_t kClearAca = 3;
constexpr std::uint8_t kClearTaskSet = 4;
constexpr std::uint8_t kLogicalUnitReset = 5;
constexpr std::uint8_t kTargetWarmReset = 6;
constexpr std::uint8_t kTaskReassign = 8;
// Responses.
constexpr std::uint32_t kComplete = 0;
constexpr std::uint32_t kNoTask = 1;
constexpr std::uint32_t kNoLun = 2;
constexpr std::uint32_t kReassignNotSupported = 4;
constexpr std::uint32_t kNotSupported = 5;
constexpr std::uint32_t kRejected = 255;

constexpr unsigned kAbsentLun = 200;

std::string code(std::uint32_t response) { return "response " + std::to_string(response); }

Pdu manage(Link& link, const Pdu& request) {
  link.send(request);
  return link.expect_answer(request, Opcode::task_management_response);
}

/// Sends a function and takes one of its legal answers.
void answers_function(TargetScript& s, std::uint8_t function, std::initializer_list<std::uint32_t> legal) {
  Link& link = s.log_in();
  const Pdu answer = manage(link, link.task_management(function));
  const std::uint32_t response = answer[field::kResponse];
  s.require(std::ranges::find(legal, response) != legal.end(), "a response that the function can have", code(response),
            "11.6.1");
  link.ping();
}

constexpr std::string_view kAboutAnswers =
    "Sends the function, immediate and with no task that it could mean, and takes any of the responses that section "
    "11.6.1 "
    "has for it. There must be one, with the tag of the request.";

/// A WRITE whose R2T has come and is not answered: a task that lives.
Pdu waiting_write(TargetScript& s, Link& link) {
  Pdu command = link.command(cdb::write(s.window().first, 1), {.write = s.block_size()});
  link.send(command);
  return command;
}

constexpr Test kTests[] = {
    {.id = "11.5.1/abort-task-is-answered",
     .title = "ABORT TASK of a task that there never was is answered: task does not exist",
     .proves = "R7143-11.5.1-01 R7143-11.6.1-03",
     .about =
         "Names a task tag that was never used, and as RefCmdSN a number that has been used up. Neither the task nor "
         "a place for it in the sequence exists, so the response is 1.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           const Pdu used = link.nop_out();
           link.send(used);
           link.expect_answer(used, Opcode::nop_in);
           const Pdu request = link.task_management(kAbortTask, 0x7fffff00).set(field::kRefCmdSn, used[field::kCmdSn]);
           s.require_field(manage(link, request), field::kResponse, kNoTask);
         }},
    {.id = "11.5.1/abort-task-set-is-answered",
     .title = "ABORT TASK SET is answered",
     .proves = "R7143-11.5.1-01",
     .about = kAboutAnswers,
     .script = [](TargetScript& s) { answers_function(s, kAbortTaskSet, {kComplete, kNotSupported, kRejected}); }},
    {.id = "11.5.1/clear-aca-is-answered",
     .title = "CLEAR ACA is answered",
     .proves = "R7143-11.5.1-01",
     .about = kAboutAnswers,
     .script = [](TargetScript& s) { answers_function(s, kClearAca, {kComplete, kNotSupported, kRejected}); }},
    {.id = "11.5.1/clear-task-set-is-answered",
     .title = "CLEAR TASK SET is answered",
     .proves = "R7143-11.5.1-01",
     .alone = true,
     .about = kAboutAnswers,
     .script = [](TargetScript& s) { answers_function(s, kClearTaskSet, {kComplete, kNotSupported, kRejected}); }},
    {.id = "11.5.1/logical-unit-reset-is-answered",
     .title = "LOGICAL UNIT RESET is answered",
     .proves = "R7143-11.5.1-01",
     .needs = {Need::writes},
     .alone = true,
     .about = kAboutAnswers,
     .script = [](TargetScript& s) { answers_function(s, kLogicalUnitReset, {kComplete, kNotSupported, kRejected}); }},
    {.id = "11.5.1/target-warm-reset-is-answered",
     .title = "TARGET WARM RESET is answered",
     .proves = "R7143-11.5.1-01",
     .needs = {Need::writes},
     .alone = true,
     .about = kAboutAnswers,
     .script =
         [](TargetScript& s) { answers_function(s, kTargetWarmReset, {kComplete, kNotSupported, 6, kRejected}); }},
    {.id = "11.6.1/unknown-function",
     .title = "A function that there is not is answered: not supported, or rejected",
     .proves = "R7143-11.5.1-01 R7143-11.6.1-04",
     .about = "Sends function 0x7e, which no standard gives a meaning. Response 5 or 255; no Reject PDU, no silence.",
     .script = [](TargetScript& s) { answers_function(s, 0x7e, {kNotSupported, kRejected}); }},

    {.id = "11.6.1/abort-task-set-of-an-absent-lun",
     .title = "ABORT TASK SET on a LUN that there is not is answered: LUN does not exist",
     .proves = "R7143-11.6.1-04",
     .about =
         "Sends ABORT TASK SET to LUN 200. Response 2; a target that has a unit there makes the test inapplicable.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           const Completion inquiry = link.run(link.command_to(kAbsentLun, cdb::inquiry(36), {.read = 36}));
           const bool absent = !inquiry.good() || inquiry.data.empty() || inquiry.data[0] == std::byte{0x7f};
           if (!absent) s.inapplicable("there is a unit at LUN 200");
           const Pdu request = link.task_management(kAbortTaskSet).set(field::kLun, std::uint64_t{kAbsentLun} << 48);
           const std::uint32_t response = manage(link, request)[field::kResponse];
           s.require(response == kNoLun || response == kNotSupported, "response 2", code(response));
           s.should(response == kNoLun, "response 2", code(response));
         }},

    {.id = "11.6.1/abort-task-completed",
     .title = "ABORT TASK of a command that has had its status is answered: task does not exist",
     .proves = "R7143-11.6.1-03 R7143-7.11-04",
     .about =
         "Runs TEST UNIT READY to its status, acknowledges it with a ping, then asks to abort it with its own CmdSN as "
         "RefCmdSN.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           const Pdu command = link.command(cdb::test_unit_ready());
           link.run(command);
           link.ping();
           const Pdu request =
               link.task_management(kAbortTask, command[field::kItt]).set(field::kRefCmdSn, command[field::kCmdSn]);
           s.require_field(manage(link, request), field::kResponse, kNoTask);
         }},
    {.id = "7.11/abort-fills-a-gap",
     .title = "ABORT TASK of a command that never came fills its place in the command sequence",
     .proves = "R7143-7.11-03 R7143-11.6.1-03",
     .about =
         "Leaves out one CmdSN, sends a NOP-Out with the next, and aborts the missing command by RefCmdSN. The target "
         "takes that number for received: the function is complete, and the NOP-Out is answered.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           const Pdu missing = link.command(cdb::test_unit_ready());
           const Pdu waiting = link.nop_out();
           link.send(waiting);
           link.send(
               link.task_management(kAbortTask, missing[field::kItt]).set(field::kRefCmdSn, missing[field::kCmdSn]));
           bool answered = false;
           bool completed = false;
           while (!answered || !completed) {
             const Arrival arrival = link.receive();
             s.require(arrival.kind == Arrival::Kind::pdu, "the function's response and the waiting NOP-In",
                       describe(arrival));
             if (arrival.is(Opcode::nop_in)) answered = true;
             if (!arrival.is(Opcode::task_management_response)) continue;
             s.require_field(arrival.pdu, field::kResponse, kComplete);
             completed = true;
           }
         }},

    {.id = "11.5.1/aborted-write-gets-no-status",
     .title = "An aborted command gets no status after the function's response",
     .proves = "R7143-11.5.1-04 R7143-11.6.1-03",
     .needs = {Need::disk, Need::writes},
     .about =
         "Begins a WRITE, takes its R2T, aborts the command, and sends the data that the R2T asked for. The response "
         "of the function comes, before it perhaps the command's own; after it nothing of that command.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in({.offers = {{"InitialR2T", "Yes"}, {"ImmediateData", "No"}}});
           const Pdu command = waiting_write(s, link);
           const Pdu r2t = link.expect(Opcode::ready_to_transfer);
           const Pdu request =
               link.task_management(kAbortTask, command[field::kItt]).set(field::kRefCmdSn, command[field::kCmdSn]);
           link.send(request);
           link.answer(command, r2t, s.pattern(s.block_size()));
           for (;;) {
             const Arrival arrival = link.receive();
             s.require(arrival.kind == Arrival::Kind::pdu, "a response of the function", describe(arrival));
             if (arrival.is(Opcode::task_management_response)) break;
           }
           link.expect_nothing_but_ping("nothing of the aborted command after the function's response");
         }},

    {.id = "11.5.1/abort-of-a-function",
     .title = "ABORT TASK that names a task management function is rejected",
     .proves = "R7143-11.5.1-12 R7143-11.5.1-13",
     .about =
         "Leaves a gap in the command sequence so that an ABORT TASK SET waits, and asks to abort that function: "
         "response 255. A target that has answered the first at once has no such task any more, and says so with 1.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           const Pdu missing = link.nop_out();
           const Pdu waiting = link.task_management(kAbortTaskSet);
           const Pdu abort =
               link.task_management(kAbortTask, waiting[field::kItt]).set(field::kRefCmdSn, waiting[field::kCmdSn]);
           link.connection().send_together({waiting, abort, missing});
           bool first_is_over = false;
           for (;;) {
             const Arrival arrival = link.receive();
             s.require(arrival.kind == Arrival::Kind::pdu, "a response to ABORT TASK", describe(arrival));
             if (!arrival.is(Opcode::task_management_response)) continue;
             if (arrival.pdu[field::kItt] == waiting[field::kItt]) first_is_over = true;
             if (arrival.pdu[field::kItt] != abort[field::kItt]) continue;
             const std::uint32_t response = arrival.pdu[field::kResponse];
             s.require(response == kRejected || (first_is_over && response == kNoTask),
                       "response 255, function rejected", code(response));
             break;
           }
         }},

    {.id = "7.2.2/reassign-below-level-2",
     .title = "TASK REASSIGN below ErrorRecoveryLevel 2 is answered: reassignment not supported",
     .proves = "R7143-7.2.2-07",
     .about = "In a session of level 0 asks to reassign a task. Response 4; 1 is taken too where the tag names no "
              "task, and 5 "
              "of a target that never reassigns.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in({.offers = {{"ErrorRecoveryLevel", "0"}}});
           const std::uint32_t response =
               manage(link, link.task_management(kTaskReassign, 0x7fffff00))[field::kResponse];
           s.require(response == kReassignNotSupported || response == kNoTask || response == kNotSupported,
                     "response 4", code(response));
           s.should(response == kReassignNotSupported, "response 4", code(response));
         }},

    {.id = "4.2.2.1/function-and-command-at-once",
     .title = "An immediate function and another immediate request are both taken while the target is busy",
     .proves = "R7143-4.2.2.1-06",
     .about =
         "Sends an immediate ABORT TASK and an immediate NOP-Out in one piece: a target has room for one of each per "
         "connection at any time, so neither is rejected.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           const Pdu function = link.task_management(kAbortTask, 0x7fffff00).set(field::kRefCmdSn, link.cmd_sn() - 1);
           const Pdu ping = link.nop_out(Delivery::immediate);
           link.connection().send_together({function, ping});
           bool managed = false;
           bool pinged = false;
           while (!managed || !pinged) {
             const Arrival arrival = link.receive();
             s.require(arrival.kind == Arrival::Kind::pdu && !arrival.is(Opcode::reject),
                       "both immediate requests are answered", describe(arrival));
             managed = managed || arrival.is(Opcode::task_management_response);
             pinged = pinged || arrival.is(Opcode::nop_in);
           }
         }},
};

}  // namespace

std::span<const Test> section_11_5() { return kTests; }

}  // namespace lunway::conformance::target_tests
