// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include <gtest/gtest.h>

#include "conformance/check/testing/talk.h"

namespace lunway::conformance {
namespace {

using wire::Opcode;
using wire::Role;

//= rfc7143#4.2.2.2
TEST(Rfc7143_4_2_2_2_StatSn, OneThatIsLeftOutIsFound) {
  Talk talk(Role::target);
  talk.log_in();
  ++talk.stat_sn;
  talk.ask(talk.nop_out(2));
  talk.answer(talk.nop_in(2));
  EXPECT_TRUE(talk.blames("stat-sn/one-by-one"));
}

//= rfc7143#11.19.2
TEST(Rfc7143_11_19_2_StatSn, AnUnsolicitedNopInThatUsesOneUpIsFound) {
  Talk talk(Role::target);
  talk.log_in();
  talk.answer(talk.nop_in(kNoTag));
  talk.ask(talk.nop_out(2));
  talk.answer(talk.nop_in(2));
  EXPECT_TRUE(talk.blames("stat-sn/one-by-one"));
}

//= rfc7143#11.13.4
TEST(Rfc7143_11_13_4_StatSn, MayBeginAnywhereAndWrap) {
  Talk talk(Role::target);
  talk.stat_sn = 0xffffffff;
  talk.log_in();
  talk.ask(talk.nop_out(2));
  talk.answer(talk.nop_in(2));
  EXPECT_TRUE(talk.violations().empty()) << talk.findings();
}

//= rfc7143#11.16
TEST(Rfc7143_11_16_StatSn, AnOldOneIsRightAfterASnack) {
  Talk talk(Role::target);
  talk.log_in();
  talk.ask(talk.nop_out(2));
  talk.answer(talk.nop_in(2));
  talk.ask(Pdu(Opcode::snack_request)
               .set(field::kFinal, 1)
               .set(field::kSnackType, 1)
               .set(field::kItt, kNoTag)
               .set(field::kTtt, kNoTag)
               .set(field::kExpStatSn, talk.stat_sn - 1));
  --talk.stat_sn;
  talk.answer(talk.nop_in(2));
  EXPECT_FALSE(talk.blames("stat-sn/one-by-one")) << talk.findings();
}

//= rfc7143#4.2.2.2
TEST(Rfc7143_4_2_2_2_ExpStatSn, BackAndBeyondAreFound) {
  Talk talk(Role::initiator);
  talk.log_in();
  talk.ask(talk.nop_out(2).set(field::kExpStatSn, talk.stat_sn + 1));
  EXPECT_TRUE(talk.blames("exp-stat-sn/what-has-come"));
  talk.ask(talk.nop_out(3));
  EXPECT_TRUE(talk.blames("exp-stat-sn/only-forward"));
}

//= rfc7143#4.2.2.2
TEST(Rfc7143_4_2_2_2_ExpStatSn, FollowsALieOfTheTargetWithoutBlame) {
  Talk talk(Role::initiator);
  talk.log_in();
  talk.ask(talk.nop_out(2));
  talk.stat_sn += 5;
  talk.answer(talk.nop_in(2));
  talk.stat_sn += 3;
  talk.ask(talk.nop_out(3));
  EXPECT_TRUE(talk.violations().empty()) << talk.findings();
}

//= rfc7143#4.2.2.1
TEST(Rfc7143_4_2_2_1_CmdSn, AGapAndARepetitionAreFound) {
  Talk gap(Role::initiator);
  gap.log_in();
  ++gap.cmd_sn;
  gap.ask(gap.nop_out(2));
  EXPECT_TRUE(gap.blames("cmd-sn/one-by-one"));

  Talk again(Role::initiator);
  again.log_in();
  again.ask(again.nop_out(2));
  --again.cmd_sn;
  again.ask(again.nop_out(3));
  EXPECT_TRUE(again.blames("cmd-sn/one-by-one"));
}

//= rfc7143#4.2.2.1
TEST(Rfc7143_4_2_2_1_CmdSn, AnImmediateCommandCarriesTheNextAndUsesNone) {
  Talk talk(Role::initiator);
  talk.log_in();
  talk.ask(talk.request(Opcode::nop_out, 2, true).set(field::kTtt, kNoTag));
  talk.ask(talk.nop_out(3));
  EXPECT_TRUE(talk.violations().empty()) << talk.findings();
  talk.ask(talk.request(Opcode::nop_out, 4, true).set(field::kTtt, kNoTag).set(field::kCmdSn, talk.cmd_sn - 1));
  EXPECT_TRUE(talk.blames("cmd-sn/immediate-takes-none"));
}

//= rfc7143#4.2.2.1
TEST(Rfc7143_4_2_2_1_CmdSn, OneBeyondTheWindowIsFound) {
  Talk talk(Role::initiator);
  talk.window = 0;
  talk.log_in();
  talk.ask(talk.nop_out(2));
  EXPECT_TRUE(talk.violations().empty()) << talk.findings();
  talk.ask(talk.nop_out(3));
  EXPECT_TRUE(talk.blames("cmd-sn/within-the-window"));
}

//= rfc7143#4.2.2.1
TEST(Rfc7143_4_2_2_1_Window, MaxBelowExpectedIsFound) {
  Talk talk(Role::target);
  talk.log_in();
  talk.ask(talk.nop_out(2));
  talk.answer(talk.nop_in(2).set(field::kMaxCmdSn, talk.cmd_sn - 2));
  EXPECT_TRUE(talk.blames("window/max-not-below-expected"));
}

//= rfc7143#4.2.2.1
TEST(Rfc7143_4_2_2_1_Window, AClosedWindowIsNoFault) {
  Talk talk(Role::target);
  talk.window = 0xffffffff;
  talk.log_in();
  EXPECT_TRUE(talk.violations().empty()) << talk.findings();
}

//= rfc7143#4.2.2.1
TEST(Rfc7143_4_2_2_1_Window, ExpectedBeyondWhatWasSentIsFoundUnlessTheScriptLied) {
  Talk talk(Role::target);
  talk.log_in();
  talk.ask(talk.nop_out(2));
  talk.answer(talk.nop_in(2).set(field::kExpCmdSn, talk.cmd_sn + 1));
  EXPECT_TRUE(talk.blames("window/expected-not-beyond-what-was-sent"));

  Talk lied(Role::target);
  lied.log_in();
  lied.ask(lied.nop_out(2).set(field::kCmdSn, lied.cmd_sn + 5));
  lied.answer(lied.nop_in(2).set(field::kExpCmdSn, lied.cmd_sn + 1));
  EXPECT_TRUE(lied.violations().empty()) << lied.findings();
}

//= rfc7143#4.2.2.1
TEST(Rfc7143_4_2_2_1_Window, ExpectedThatGoesBackIsFound) {
  Talk talk(Role::target);
  talk.log_in();
  talk.ask(talk.nop_out(2));
  talk.answer(talk.nop_in(2));
  talk.answer(
      talk.unnumbered(Opcode::nop_in, kNoTag).set(field::kStatSn, talk.stat_sn).set(field::kExpCmdSn, talk.cmd_sn - 1));
  EXPECT_TRUE(talk.blames("window/expected-only-forward"));
}

//= rfc7143#4.2.2.1
TEST(Rfc7143_4_2_2_1_Window, AStatusBeforeTheAcknowledgementIsFound) {
  Talk talk(Role::target);
  talk.log_in();
  talk.ask(talk.command(2, cdb::test_unit_ready()));
  talk.answer(talk.response(Opcode::scsi_response, 2).set(field::kExpCmdSn, talk.cmd_sn - 1));
  EXPECT_TRUE(talk.blames("window/acknowledged-before-answered"));
}

//= rfc7143#11.12.8
TEST(Rfc7143_11_12_8_Window, BeginsWithTheCmdSnOfTheLogin) {
  Talk talk(Role::target);
  talk.ask(talk.login_request().with_text(Talk::names()));
  talk.answer(talk.login_response().set(field::kExpCmdSn, 1).set(field::kMaxCmdSn, 1));
  EXPECT_TRUE(talk.blames("window/begins-with-the-login"));
}

}  // namespace
}  // namespace lunway::conformance
