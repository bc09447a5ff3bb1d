// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What is no SCSI command, and has lost its connection at ErrorRecoveryLevel 2: pings, text and task management.
//= rfc7143#7.1.4.3

#include <chrono>

#include "session/testing/initiator_connection_recovery_ladder.h"

namespace lunway::session {
namespace {

using std::chrono::seconds;

using Rfc7143_7_1_4_3_InitiatorOtherTasks = ConnectionRecoveryLadder;

TEST_F(Rfc7143_7_1_4_3_InitiatorOtherTasks, APingIsSentAnew) {
  const TaskId task = *rig.session.ping(rig.time, bytes_of("hello"), seconds(30));
  rig.pump();
  sent<wire::NopOut>();
  lose();
  log_in_again();
  const auto ping = sent_next<wire::NopOut>();
  tell(wire::NopIn::build, wire::NopIn::Fields{.itt = ping.itt}, "hello");
  EXPECT_NE(rig.result_of<PingCompletion>(task), nullptr);
}

TEST_F(Rfc7143_7_1_4_3_InitiatorOtherTasks, AQuestionIsAskedAnewInTheGapThatItLeft) {
  const TaskId task = *rig.session.send_targets(rig.time, "All", seconds(30));
  rig.pump();
  const auto once = sent<wire::TextRequest>();
  lose();
  log_in_again();
  const auto again = sent_next<wire::TextRequest>();
  EXPECT_EQ(again.cmd_sn, once.cmd_sn);
  EXPECT_EQ(next_last.text(), last.text());
  tell(wire::TextResponse::build, wire::TextResponse::Fields{.final = true, .itt = again.itt});
  EXPECT_NE(rig.result_of<DiscoveryCompletion>(task), nullptr);
}

TEST_F(Rfc7143_7_1_4_3_InitiatorOtherTasks, AQuestionThatHadArrivedIsANewOne) {
  rig.session.send_targets(rig.time, "All", seconds(30)).value();
  rig.pump();
  const auto once = sent<wire::TextRequest>();
  receive_all(1);
  lose();
  log_in_again();
  EXPECT_EQ(sent_next<wire::TextRequest>().cmd_sn, once.cmd_sn.next());
}

TEST_F(Rfc7143_7_1_4_3_InitiatorOtherTasks, ANegotiationLeavesNoGap) {
  ASSERT_TRUE(rig.connection.declare_max_recv_data_segment_length(rig.time, 4096));
  rig.pump();
  const auto once = sent<wire::TextRequest>();
  lose();
  log_in_again();
  const auto ping = sent_next<wire::NopOut>();
  EXPECT_FALSE(ping.immediate);
  EXPECT_EQ(ping.cmd_sn, once.cmd_sn);
  tell(wire::NopIn::build, wire::NopIn::Fields{.itt = ping.itt});
  EXPECT_EQ(next->closed(), nullptr);
  EXPECT_TRUE(rig.done.empty());
}

using Rfc7143_11_5_1_InitiatorOtherTasks = ConnectionRecoveryLadder;

TEST_F(Rfc7143_11_5_1_InitiatorOtherTasks, AnAbortTakesItsTaskAlong) {
  const TaskId task = write(512);
  const wire::Itt itt = sent<wire::ScsiCommand>().itt;
  receive_all(1);
  r2t(itt, 0, 0, 512);
  rig.session.abort(rig.time, task);
  lose();
  log_in_again();
  const auto abort = sent_next<wire::TaskManagementRequest>();
  EXPECT_EQ(abort.function, Function::abort_task);
  EXPECT_EQ(abort.referenced_task_tag, itt);
  EXPECT_EQ(abort.ref_cmd_sn, wire::CmdSN(kRigFirstCmdSN));
  EXPECT_TRUE(is_silent()) << "it is not reassigned";
  answer(abort.itt);
  EXPECT_EQ(rig.fault_of(task), TaskFault::aborted);
}

TEST_F(Rfc7143_11_5_1_InitiatorOtherTasks, ATaskWhoseAbortIsRefusedIsReassigned) {
  const TaskId task = write(512);
  const wire::Itt itt = sent<wire::ScsiCommand>().itt;
  receive_all(1);
  r2t(itt, 0, 0, 512);
  lose();
  rig.session.abort(rig.time, task);
  log_in_again();
  answer(sent_next<wire::TaskManagementRequest>().itt, Code::function_rejected);
  expect_reassign(itt, 1);
}

TEST_F(Rfc7143_11_5_1_InitiatorOtherTasks, AnAbortFillsTheGapOfACommandThatNeverCame) {
  const TaskId task = write(512);
  const auto command = sent<wire::ScsiCommand>();
  rig.session.abort(rig.time, task);
  lose();
  log_in_again();
  EXPECT_EQ(sent_next<wire::TaskManagementRequest>().ref_cmd_sn, command.cmd_sn);
  EXPECT_TRUE(is_silent()) << "the command is not sent again";
}

TEST_F(Rfc7143_11_5_1_InitiatorOtherTasks, AResetIsSentAnewAndItsTasksWaitForTheAnswer) {
  const TaskId task = write(512);
  const wire::Itt itt = sent<wire::ScsiCommand>().itt;
  receive_all(1);
  r2t(itt, 0, 0, 512);
  const TaskId reset = *rig.session.manage(rig.time, {.lun = wire::Lun::from_flat(3)});
  rig.pump();
  lose();
  log_in_again();
  const auto again = sent_next<wire::TaskManagementRequest>();
  EXPECT_EQ(again.function, Function::logical_unit_reset);
  EXPECT_TRUE(is_silent());
  answer(again.itt);
  EXPECT_NE(rig.result_of<ManagementCompletion>(reset), nullptr);
  EXPECT_EQ(rig.fault_of(task), TaskFault::aborted);
}

TEST_F(Rfc7143_11_5_1_InitiatorOtherTasks, ButNotOverCommandsThatCameAfterIt) {
  const TaskId reset = *rig.session.manage(rig.time, {.lun = wire::Lun::from_flat(3)});
  rig.pump();
  write(512);
  sent<wire::TaskManagementRequest>();
  const wire::Itt itt = sent<wire::ScsiCommand>().itt;
  receive_all(1);
  r2t(itt, 0, 0, 512);
  lose();
  log_in_again();
  expect_reassign(itt, 1);
  EXPECT_EQ(rig.fault_of(reset), TaskFault::connection_lost);
}

}  // namespace
}  // namespace lunway::session
