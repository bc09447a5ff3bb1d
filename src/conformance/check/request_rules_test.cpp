// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include <gtest/gtest.h>

#include "conformance/check/testing/talk.h"

namespace lunway::conformance {
namespace {

using wire::Opcode;
using wire::Role;

//= rfc7143#11.18
TEST(Rfc7143_11_18_Ping, EachFaultOfANopOutIsFound) {
  Talk talk(Role::initiator);
  talk.log_in();
  talk.answer(talk.unnumbered(Opcode::nop_in, kNoTag)
                  .set(field::kStatSn, talk.stat_sn)
                  .set(field::kTtt, 70)
                  .set(field::kLun, 1));
  talk.ask(talk.request(Opcode::nop_out, kNoTag, true).set(field::kTtt, 70).set(field::kLun, 1));
  EXPECT_TRUE(talk.violations().empty()) << talk.findings();
  talk.ask(talk.request(Opcode::nop_out, kNoTag, true).set(field::kTtt, 70));
  EXPECT_TRUE(talk.blames("ping/lun-of-the-nop-in"));
  talk.ask(talk.request(Opcode::nop_out, kNoTag, true).set(field::kTtt, 71));
  EXPECT_TRUE(talk.blames("ping/tag-of-a-nop-in"));
  talk.ask(talk.nop_out(kNoTag));
  EXPECT_TRUE(talk.blames("ping/without-answer-is-immediate"));
}

//= rfc7143#11.19
TEST(Rfc7143_11_19_Ping, EachFaultOfANopInIsFound) {
  Talk talk(Role::target);
  talk.log_in();
  talk.ask(talk.nop_out(2).with_data(bytes_of("ping")));
  talk.answer(talk.nop_in(2).with_data(bytes_of("ping")));
  EXPECT_TRUE(talk.violations().empty()) << talk.findings();
  talk.ask(talk.nop_out(3).with_data(bytes_of("ping")));
  talk.answer(talk.nop_in(3).set(field::kTtt, 5).with_data(bytes_of("pong")));
  EXPECT_TRUE(talk.blames("ping/echo"));
  EXPECT_TRUE(talk.blames("ping/answer-without-tag"));
  talk.answer(talk.unnumbered(Opcode::nop_in, kNoTag).set(field::kStatSn, talk.stat_sn).with_data(bytes_of("data")));
  EXPECT_TRUE(talk.blames("ping/unsolicited-without-data"));
}

//= rfc7143#11.11.1
TEST(Rfc7143_11_11_1_Text, ASequenceInTurnsIsRight) {
  Talk talk;
  talk.log_in();
  talk.ask(talk.request(Opcode::text_request, 2).set(field::kTtt, kNoTag).with_text({{"SendTargets", ""}}));
  talk.answer(talk.response(Opcode::text_response, 2).set(field::kFinal, 0).set(field::kTtt, 70));
  talk.ask(talk.request(Opcode::text_request, 2).set(field::kTtt, 70));
  talk.answer(talk.response(Opcode::text_response, 2).set(field::kTtt, kNoTag));
  EXPECT_TRUE(talk.violations().empty()) << talk.findings();
}

//= rfc7143#11.10
TEST(Rfc7143_11_10_Text, EachFaultOfARequestIsFound) {
  Talk talk(Role::initiator);
  talk.log_in();
  talk.ask(talk.request(Opcode::text_request, 2).set(field::kTtt, kNoTag).set(field::kContinue, 1));
  EXPECT_TRUE(talk.blames("text/continued-is-not-final"));
  talk.answer(talk.response(Opcode::text_response, 2).set(field::kFinal, 0).set(field::kTtt, 70));
  talk.ask(talk.request(Opcode::text_request, 2, true).set(field::kTtt, 71));
  EXPECT_TRUE(talk.blames("text/goes-on-with-tag-and-lun"));
  EXPECT_TRUE(talk.blames("text/same-delivery"));
  talk.ask(talk.request(Opcode::text_request, 3).set(field::kTtt, kNoTag));
  EXPECT_TRUE(talk.blames("text/one-at-a-time"));
}

//= rfc7143#11.11.1
TEST(Rfc7143_11_11_1_Text, EachFaultOfAResponseIsFound) {
  Talk talk(Role::target);
  talk.log_in();
  talk.ask(talk.request(Opcode::text_request, 2).set(field::kTtt, kNoTag).set(field::kFinal, 0));
  talk.answer(talk.response(Opcode::text_response, 2).set(field::kTtt, 70));
  EXPECT_TRUE(talk.blames("text/tag-while-it-goes-on"));
  EXPECT_TRUE(talk.blames("text/no-end-before-the-initiator"));
}

//= rfc7143#6.3
TEST(Rfc7143_6_3_Login, TwoStagesAreRight) {
  Talk talk;
  talk.ask(talk.login_request().set(field::kCsg, 0).set(field::kNsg, 1).with_text(Talk::names()));
  talk.answer(talk.login_response()
                  .set(field::kCsg, 0)
                  .set(field::kNsg, 1)
                  .set(field::kTsih, 0)
                  .with_text({{"TargetPortalGroupTag", "1"}}));
  talk.ask(talk.login_request());
  talk.answer(talk.login_response());
  EXPECT_TRUE(talk.violations().empty()) << talk.findings();
}

//= rfc7143#6.3
TEST(Rfc7143_6_3_Login, EachFaultOfARequestIsFound) {
  const auto blamed = [](std::string_view rule, const Field& field, std::uint64_t value) {
    Talk talk(Role::initiator);
    talk.ask(talk.login_request().set(field::kNsg, 0).set(field::kTransit, 0).with_text(Talk::names()));
    talk.answer(talk.login_response()
                    .set(field::kTransit, 0)
                    .set(field::kNsg, 0)
                    .set(field::kTsih, 0)
                    .with_text({{"TargetPortalGroupTag", "1"}}));
    talk.ask(talk.login_request().set(field, value));
    EXPECT_TRUE(talk.blames(rule)) << rule << "\n" << talk.findings();
  };
  blamed("login/version-zero", field::kVersionMin, 1);
  blamed("login/request-constants", field::kIsid, 1);
  blamed("login/request-constants", field::kCid, 1);
  blamed("login/stages", field::kCsg, 0);
  blamed("login/stages", field::kNsg, 2);
  blamed("login/nothing-else", field::kOpcode, 4);
}

//= rfc7143#6.3
TEST(Rfc7143_6_3_Login, TheNamesAreMissed) {
  Talk talk(Role::initiator);
  talk.ask(talk.login_request());
  EXPECT_TRUE(talk.blames("login/names-at-once"));
  talk.ask(talk.login_request());
  EXPECT_TRUE(talk.blames("login/in-turns"));
  Talk discovery(Role::initiator);
  discovery.ask(discovery.login_request().with_text(
      {{"InitiatorName", "iqn.2026-11.io.lunway:initiator"}, {"SessionType", "Discovery"}}));
  EXPECT_TRUE(discovery.violations().empty()) << discovery.findings();
}

//= rfc7143#6.3
TEST(Rfc7143_6_3_Login, EachFaultOfAResponseIsFound) {
  const auto blamed = [](std::string_view rule, auto bend) {
    Talk talk(Role::target);
    talk.ask(talk.login_request().set(field::kTransit, 0).set(field::kNsg, 0).with_text(Talk::names()));
    Pdu response = talk.login_response()
                       .set(field::kTransit, 0)
                       .set(field::kNsg, 0)
                       .set(field::kTsih, 0)
                       .with_text({{"TargetPortalGroupTag", "1"}});
    bend(response);
    talk.answer(response);
    EXPECT_TRUE(rule.empty() ? talk.violations().empty() : talk.blames(rule)) << rule << "\n" << talk.findings();
  };
  const auto nothing = [](Pdu&) {};
  blamed("", nothing);
  blamed("login/transit-as-asked", [](Pdu& pdu) { pdu.set(field::kTransit, 1).set(field::kNsg, 3); });
  blamed("login/response-constants", [](Pdu& pdu) { pdu.set(field::kItt, 9); });
  blamed("login/tsih-with-the-last-response", [](Pdu& pdu) { pdu.set(field::kTsih, 9); });
  blamed("login/portal-group-tag-at-once", [](Pdu& pdu) { pdu.data.clear(); });
}

//= rfc7143#4.2.4
TEST(Rfc7143_4_2_4_Login, ASecondOneIsFound) {
  Talk talk(Role::initiator);
  talk.log_in();
  talk.ask(talk.login_request());
  EXPECT_TRUE(talk.blames("login/no-second"));
}

//= rfc7143#11.5
TEST(Rfc7143_11_5_TaskManagement, EachFaultIsFound) {
  Talk talk(Role::initiator);
  talk.log_in();
  talk.ask(talk.command(2, cdb::test_unit_ready()));
  talk.ask(talk.command(3, cdb::test_unit_ready()));
  const auto abort = [&](std::uint32_t itt, std::uint32_t referenced, std::uint32_t ref_cmd_sn) {
    return talk.request(Opcode::task_management_request, itt, true)
        .set(field::kFunction, 1)
        .set(field::kReferencedTag, referenced)
        .set(field::kRefCmdSn, ref_cmd_sn);
  };
  talk.ask(abort(4, 2, talk.cmd_sn - 2));
  EXPECT_TRUE(talk.violations().empty()) << talk.findings();
  talk.ask(abort(5, 3, talk.cmd_sn - 2));
  EXPECT_TRUE(talk.blames("task-management/ref-cmd-sn"));
  talk.ask(abort(6, 2, 0).set(field::kFunction, 5));
  EXPECT_TRUE(talk.blames("task-management/referenced-tag"));
  talk.ask(abort(7, kNoTag, 0).set(field::kFunction, 9));
  EXPECT_TRUE(talk.blames("task-management/function-agreed"));
  talk.ask(abort(8, 2, 0).set(field::kFunction, 8).set(field::kImmediate, 0));
  EXPECT_TRUE(talk.blames("task-management/reassign-is-immediate"));
}

//= rfc7143#11.16
TEST(Rfc7143_11_16_Snack, EachFaultIsFound) {
  const Pdu status = Pdu(Opcode::snack_request)
                         .set(field::kFinal, 1)
                         .set(field::kSnackType, 1)
                         .set(field::kItt, kNoTag)
                         .set(field::kTtt, kNoTag)
                         .set(field::kExpStatSn, 101);
  Talk right(Role::initiator);
  right.log_in();
  right.ask(status);
  EXPECT_TRUE(right.violations().empty()) << right.findings();
  Talk talk(Role::initiator);
  talk.log_in();
  talk.ask(Pdu(status).set(field::kItt, 5));
  EXPECT_TRUE(talk.blames("snack/tags"));
  talk.ask(Pdu(status).set(field::kSnackType, 2).set(field::kRunLength, 1));
  EXPECT_TRUE(talk.blames("snack/run"));
}

//= rfc7143#11.14
TEST(Rfc7143_11_14_Logout, ARequestAfterItIsFound) {
  Talk talk(Role::initiator);
  talk.log_in();
  talk.ask(talk.request(Opcode::logout_request, 2));
  talk.ask(talk.nop_out(3));
  EXPECT_TRUE(talk.blames("logout/nothing-after"));
}

//= rfc7143#11.17
TEST(Rfc7143_11_17_Reject, EachFaultIsFound) {
  Talk talk(Role::target);
  talk.log_in();
  talk.answer(talk.response(Opcode::reject, kNoTag).set(field::kRejectReason, 0x0b));
  EXPECT_TRUE(talk.blames("reject/reason"));
  EXPECT_TRUE(talk.blames("reject/header"));
}

//= rfc7143#11.9.1
TEST(Rfc7143_11_9_1_AsynchronousMessage, TaskTerminationWithoutFastAbortIsFound) {
  Talk talk(Role::target);
  talk.log_in();
  talk.answer(talk.response(Opcode::asynchronous_message, kNoTag).set(field::kAsyncEvent, 5));
  EXPECT_TRUE(talk.blames("asynchronous-message/task-termination-agreed"));
}

}  // namespace
}  // namespace lunway::conformance
