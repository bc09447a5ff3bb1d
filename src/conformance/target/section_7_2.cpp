// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Connection recovery: tasks that outlive their connection, and their new allegiance.
//= rfc7143#7.2.2
//= rfc7143#11.5

#include <algorithm>
#include <string>

#include "conformance/sections.h"
#include "conformance/target/target_script.h"

namespace lunway::conformance::target_tests {
namespace {

using wire::Opcode;

constexpr std::uint8_t kTaskReassign = 8;
constexpr std::uint8_t kAbortTask = 1;
constexpr std::uint8_t kForRecovery = 2;
constexpr std::uint32_t kComplete = 0;
constexpr std::uint32_t kNoTask = 1;
constexpr std::uint32_t kStillAllegiant = 3;
constexpr std::uint32_t kRejected = 255;

std::string code(std::uint32_t response) { return "response " + std::to_string(response); }

/// Two connections of a session of level 2, all write data asked for.
struct Pair {
  Link& one;
  Link& two;
};

Pair logs_in(TargetScript& s) {
  Link& one = s.log_in({.offers = {{"ErrorRecoveryLevel", "2"},
                                   {"MaxConnections", "2"},
                                   {"InitialR2T", "Yes"},
                                   {"ImmediateData", "No"},
                                   {"DefaultTime2Wait", "0"},
                                   {"DefaultTime2Retain", "30"}}});
  return {one, s.join(one, 1)};
}

std::uint32_t reassigns(Link& link, const Pdu& command, std::uint32_t exp_data_sn = 0) {
  const Pdu request = link.task_management(kTaskReassign, command[field::kItt])
                          .set(field::kLun, command.get(field::kLun))
                          .set(field::kRefCmdSn, command[field::kCmdSn])
                          .set(field::kExpDataSn, exp_data_sn);
  link.send(request);
  return link.expect_answer(request, Opcode::task_management_response)[field::kResponse];
}

/// Ends the TCP connection of `lost` and logs it out for recovery over `other`.
void loses(TargetScript& s, Link& lost, Link& other) {
  lost.connection().reset();
  const Pdu request = other.logout_request(kForRecovery, lost.cid());
  other.send(request);
  // The target may announce the drop.
  //= rfc7143#7.1.4.3
  Arrival arrival = other.receive();
  if (arrival.is(Opcode::asynchronous_message)) arrival = other.receive();
  s.require(arrival.is(Opcode::logout_response), "a Logout Response", describe(arrival));
  s.require_field(arrival.pdu, field::kResponse, 0, "11.15.1");
}

constexpr Needs kNeeds{Need::disk, Need::writes, Need::several_connections, Need::recovery_level_2};

constexpr Test kTests[] = {
    {.id = "7.2.2/task-still-allegiant",
     .title = "TASK REASSIGN of a task whose connection is there is answered: still allegiant",
     .proves = "R7143-7.2.2-08",
     .needs = kNeeds,
     .about = "Begins a WRITE on one of two connections and asks over the other to reassign it without a logout: "
              "response 3.",
     .script =
         [](TargetScript& s) {
           const Pair pair = logs_in(s);
           const Pdu command = pair.one.command(cdb::write(s.window().first, 1), {.write = s.block_size()});
           pair.one.send(command);
           pair.one.expect(Opcode::ready_to_transfer);
           const std::uint32_t response = reassigns(pair.two, command);
           s.require(response == kStillAllegiant, "response 3", code(response));
         }},
    {.id = "11.5.1/reassign-of-no-task",
     .title = "TASK REASSIGN of a task that there is not is answered: task does not exist",
     .proves = "R7143-11.5.1-01",
     .needs = kNeeds,
     .about = "Asks to reassign a tag that was never used: response 1.",
     .script =
         [](TargetScript& s) {
           const Pair pair = logs_in(s);
           const std::uint32_t response =
               reassigns(pair.two, pair.one.nop_out(Delivery::immediate).set(field::kItt, 0x7fffff00));
           s.require(response == kNoTask, "response 1", code(response));
         }},
    {.id = "7.2.2/write-goes-on",
     .title = "A WRITE whose connection was lost goes on over another",
     .proves = "R7143-7.2.2-09 R7143-11.6-01 R7143-8.2-01 R7143-7.1.5-02",
     .needs = kNeeds,
     .about = "Begins a WRITE, loses its connection before the R2T is answered, logs the connection out for recovery "
              "over another, and reassigns "
              "the task there. The response is 0; then an R2T comes, its data is taken, the status is GOOD and the "
              "data holds.",
     .script =
         [](TargetScript& s) {
           const Pair pair = logs_in(s);
           const std::vector<std::byte> data = s.pattern(s.block_size());
           const Pdu command = pair.one.command(cdb::write(s.window().first, 1), {.write = s.block_size()});
           pair.one.send(command);
           pair.one.expect(Opcode::ready_to_transfer);
           loses(s, pair.one, pair.two);
           const std::uint32_t response = reassigns(pair.two, command);
           s.require(response == kComplete, "response 0", code(response));
           s.require(pair.two.finish(command, data).good(), "the WRITE ends GOOD", "another status");
           const Completion read = pair.two.run_good(cdb::read(s.window().first, 1), {.read = s.block_size()});
           s.require(std::ranges::equal(read.data, data), "the data that was written", "other data");
         }},
    {.id = "7.2.2/read-comes-again",
     .title = "A READ whose status was lost comes again over another connection",
     .proves = "R7143-7.2.2-05 R7143-11.5.6-02",
     .needs = kNeeds,
     .about = "Reads a block, does not acknowledge the status, loses the connection, and reassigns the task with "
              "ExpDataSN 0: all of its data "
              "comes again from DataSN 0, and its status.",
     .script =
         [](TargetScript& s) {
           const Pair pair = logs_in(s);
           const std::uint32_t unacknowledged = pair.one.exp_stat_sn();
           const Pdu command = pair.one.command(cdb::read(s.window().first, 1), {.read = s.block_size()});
           const Completion first = pair.one.run(command);
           if (!first.good()) s.inconclusive("a plain READ did not end GOOD");
           pair.one.set_exp_stat_sn(unacknowledged);
           loses(s, pair.one, pair.two);
           const std::uint32_t response = reassigns(pair.two, command);
           s.require(response == kComplete, "response 0", code(response));
           const Completion again = pair.two.finish(command);
           s.require(again.good() && again.data == first.data, "the same data, and GOOD", summary_of(again.status));
           s.require_field(again.data_in.front(), field::kDataSn, 0);
         }},
    {.id = "7.2.2/status-comes-again",
     .title = "A command without data whose status was lost gets it over another connection",
     .proves = "R7143-7.2.2-05",
     .needs = kNeeds,
     .about = "Runs TEST UNIT READY, does not acknowledge its status, loses the connection, and reassigns the task: "
              "the status comes.",
     .script =
         [](TargetScript& s) {
           const Pair pair = logs_in(s);
           const std::uint32_t unacknowledged = pair.one.exp_stat_sn();
           const Pdu command = pair.one.command(cdb::test_unit_ready());
           pair.one.run(command);
           pair.one.set_exp_stat_sn(unacknowledged);
           loses(s, pair.one, pair.two);
           const std::uint32_t response = reassigns(pair.two, command);
           s.require(response == kComplete, "response 0", code(response));
           s.require(pair.two.finish(command).good(), "the status of the command", "another");
         }},
    {.id = "11.5.1/suspended-task-is-aborted",
     .title = "A task whose connection was lost can be aborted over another",
     .proves = "R7143-11.5.1-01 R7143-11.6.1-03",
     .needs = kNeeds,
     .about = "Begins a WRITE, loses its connection, logs it out for recovery and aborts the task over the other: "
              "response 0, and no status "
              "of the task afterwards.",
     .script =
         [](TargetScript& s) {
           const Pair pair = logs_in(s);
           const Pdu command = pair.one.command(cdb::write(s.window().first, 1), {.write = s.block_size()});
           pair.one.send(command);
           pair.one.expect(Opcode::ready_to_transfer);
           loses(s, pair.one, pair.two);
           const Pdu abort =
               pair.two.task_management(kAbortTask, command[field::kItt]).set(field::kRefCmdSn, command[field::kCmdSn]);
           pair.two.send(abort);
           const std::uint32_t response =
               pair.two.expect_answer(abort, Opcode::task_management_response)[field::kResponse];
           s.require(response == kComplete, "response 0", code(response));
           pair.two.expect_nothing_but_ping("nothing of the aborted command");
         }},
    {.id = "11.5.1/reassign-of-a-function",
     .title = "TASK REASSIGN that names a logout or a function is rejected or finds no task",
     .proves = "R7143-11.5.1-20",
     .needs = kNeeds,
     .about = "Asks to reassign the tag of a task management function that was just answered: it must not be done. "
              "Response 255, or 1 because "
              "the function is over.",
     .script =
         [](TargetScript& s) {
           const Pair pair = logs_in(s);
           const Pdu abort =
               pair.one.task_management(kAbortTask, 0x7fffff00).set(field::kRefCmdSn, pair.one.cmd_sn() - 1);
           pair.one.send(abort);
           pair.one.expect_answer(abort, Opcode::task_management_response);
           const std::uint32_t response = reassigns(pair.two, abort);
           s.require(response == kRejected || response == kNoTask, "response 255, or 1", code(response));
         }},
    {.id = "7.1.4.3/lost-connection-can-be-taken-again",
     .title = "A connection that broke can be reinstated by a login with its CID",
     .proves = "R7143-7.1.4.3-05 R7143-6.3.4-02 R7143-6.3.1-05",
     .needs = kNeeds,
     .about = "Breaks a connection of a session of level 2 with a TCP reset and logs in with its CID: the new "
              "connection takes its place and "
              "answers a ping.",
     .script =
         [](TargetScript& s) {
           const Pair pair = logs_in(s);
           pair.two.connection().reset();
           s.join(pair.one, 1).ping();
           pair.one.ping();
         }},
};

}  // namespace

std::span<const Test> section_7_2() { return kTests; }

}  // namespace lunway::conformance::target_tests
