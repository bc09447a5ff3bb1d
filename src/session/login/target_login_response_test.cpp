// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The fields of Login Requests that a target goes by, and those of its Login Responses.
//= rfc7143#11.12
//= rfc7143#11.13

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "session/testing/login_ladder.h"

namespace lunway::session::testing {
namespace {

using wire::LoginStatus;

using Rfc7143_11_12_TargetLoginFields = TargetLoginLadder;
using Rfc7143_11_13_TargetLoginFields = TargetLoginLadder;
using Rfc7143_11_13_5_TargetRedirection = TargetLoginLadder;

/// A status code as the table of 11.13.5 writes it.
unsigned code_of(LoginStatus status) { return static_cast<unsigned>(status); }

// --- The request.

//= ledger R7143-11.12.4.1-02 R7143-11.12.4.2-02 R7143-11.13.1-01 R7143-11.13.2-01
TEST_F(Rfc7143_11_12_TargetLoginFields, TheFirstRequestsVersionsCount) {
  auto fields = login_fields(stay_in(kOperational));
  fields.version_max = 3;
  const auto first = ask(fields, names());
  EXPECT_EQ(first.fields.version_max, 0);
  EXPECT_EQ(first.fields.version_active, 0);
  fields = login_fields(from_to(kOperational, kFullFeature));
  fields.version_max = 9;
  fields.version_min = 9;
  const auto last = ask(fields);
  EXPECT_TRUE(last.is_final()) << "what later requests say of versions is not looked at";
  EXPECT_EQ(last.fields.version_max, 0);
  EXPECT_EQ(last.fields.version_active, 0);
}

//= ledger R7143-11.12.4.2-02 R7143-11.13.5-07 R7143-11.13.2-01
TEST_F(Rfc7143_11_12_TargetLoginFields, ARangeAboveItsOwnIsAnUnsupportedVersion) {
  auto fields = login_fields(from_to(kOperational, kFullFeature));
  fields.version_max = 2;
  fields.version_min = 1;
  const auto answer = ask(fields, names());
  EXPECT_EQ(code_of(answer.fields.status), 0x0205U);
  EXPECT_EQ(answer.fields.version_active, 0) << "the lowest version that it supports";
}

//= ledger R7143-11.12.7-02
TEST_F(Rfc7143_11_12_TargetLoginFields, NoOtherCidThanTheFirstEverCounts) {
  ask(stay_in(kOperational), names());
  auto fields = login_fields(from_to(kOperational, kFullFeature));
  fields.cid = wire::Cid(44);
  ask(fields);
  EXPECT_TRUE(!rig.requested || rig.requested->cid == wire::Cid(3));
}

//= ledger R7143-11.12.6-04
TEST_F(Rfc7143_11_12_TargetLoginFields, ATsihOfNoSessionIsRefusedWithTheFirstRequest) {
  auto fields = login_fields(stay_in(kOperational));
  fields.tsih = wire::Tsih(77);
  const auto answer = ask(fields, names());
  EXPECT_EQ(code_of(answer.fields.status), 0x020aU);
  EXPECT_TRUE(rig.closed);
}

//= ledger R7143-11.12.8-01
TEST(Rfc7143_11_12_8_TargetCmdSN, BeginsWithTheLeadingLogins) {
  for (const std::uint32_t first : {0U, 1U, 0x7fffffffU, 0xffffffffU}) {
    TargetRig rig;
    auto fields = login_fields(from_to(kOperational, kFullFeature));
    fields.cmd_sn = wire::CmdSN(first);
    rig.send(wire::LoginRequest::build(fields), bytes_of(names()));
    EXPECT_THAT(rig.receive(),
                Is<wire::LoginResponse>(With(&wire::LoginResponse::Fields::exp_cmd_sn, wire::CmdSN(first))));
    // The first command of the Full Feature Phase has the login's number.
    rig.send(wire::ScsiCommand::build(command_fields(1, first)));
    ASSERT_TRUE(rig.take<Submit>());
    rig.send(wire::ScsiCommand::build(command_fields(2, first + 1)));
    EXPECT_TRUE(rig.take<Submit>());
  }
}

// --- The response.

//= ledger R7143-11.13.1-01 R7143-11.13.2-01 R7143-11.13.3-01 R7143-11.13.4-01 R7143-6.3-20
TEST_F(Rfc7143_11_13_TargetLoginFields, NumbersAndNamesItsResponses) {
  const std::vector<wire::LoginFlags> path{stay_in(kSecurity), from_to(kSecurity, kOperational), stay_in(kOperational),
                                           from_to(kOperational, kFullFeature)};
  std::string text = names();
  wire::StatSN next{};
  for (std::size_t i = 0; i < path.size(); ++i) {
    const auto answer = ask(path[i], std::exchange(text, {}));
    if (i > 0) {
      EXPECT_EQ(answer.fields.stat_sn, next);
    }
    next = wire::StatSN(answer.fields.stat_sn.value() + 1);
    EXPECT_EQ(answer.fields.version_max, 0);
    EXPECT_EQ(answer.fields.version_active, 0);
    EXPECT_EQ(answer.fields.itt, kLoginTag);
    EXPECT_EQ(answer.fields.isid, login_fields({}).isid);
    EXPECT_EQ(answer.fields.tsih == wire::kNewSession, !answer.is_final()) << "only the last one names the session";
  }
  // The next response of any kind goes on counting.
  rig.send(wire::NopOut::build({.itt = wire::Itt(5)}));
  EXPECT_THAT(rig.receive(), Is<wire::NopIn>(With(&wire::NopIn::Fields::stat_sn, next)));
}

//= ledger R7143-13.8-01 R7143-11.13.5-01 R7143-11.13.5-02
TEST_F(Rfc7143_11_13_5_TargetRedirection, ARedirectionNamesAddressesWithoutATag) {
  rig.directory.refusal =
      LoginRefusal{.status = LoginStatus::target_moved_permanently,
                   .target_addresses = {{.host = "192.0.2.9", .portal_group_tag = {}},
                                        {.host = "2001:db8::9", .port = 3261, .portal_group_tag = {}}}};
  const auto answer = ask(stay_in(kSecurity), names({"AuthMethod=CHAP"}));
  EXPECT_EQ(code_of(answer.fields.status), 0x0102U);
  EXPECT_EQ(answer.text, text_pairs({"TargetAddress=192.0.2.9:3260", "TargetAddress=[2001:db8::9]:3261"}));
  EXPECT_TRUE(rig.closed);
}

//= ledger R7143-11.13.5-05 R7143-11.13.5-06 R7143-11.13.5-07
TEST(Rfc7143_11_13_5_TargetStatus, EveryRefusalOfTheDirectoryHasItsCodeAndCloses) {
  const std::vector<std::pair<LoginStatus, unsigned>> table{{LoginStatus::initiator_error, 0x0200},
                                                            {LoginStatus::authentication_failure, 0x0201},
                                                            {LoginStatus::authorization_failure, 0x0202},
                                                            {LoginStatus::not_found, 0x0203},
                                                            {LoginStatus::target_removed, 0x0204},
                                                            {LoginStatus::too_many_connections, 0x0206},
                                                            {LoginStatus::session_type_not_supported, 0x0209},
                                                            {LoginStatus::session_does_not_exist, 0x020a},
                                                            {LoginStatus::target_error, 0x0300},
                                                            {LoginStatus::service_unavailable, 0x0301},
                                                            {LoginStatus::out_of_resources, 0x0302}};
  for (const auto& [status, code] : table) {
    TargetRig rig;
    rig.directory.refusal = LoginRefusal{.status = status};
    rig.send(wire::LoginRequest::build(login_fields(from_to(kOperational, kFullFeature))), bytes_of(names()));
    const auto answer = rig.receive();
    ASSERT_TRUE(answer);
    EXPECT_EQ(std::to_integer<unsigned>(answer->header[36]), code >> 8U);
    EXPECT_EQ(std::to_integer<unsigned>(answer->header[37]), code & 0xffU);
    EXPECT_TRUE(rig.closed);
  }
}

//= ledger R7143-11.13.5-07
TEST(Rfc7143_11_13_5_TargetStatus, WhatTheEngineItselfFindsHasItsCode) {
  const std::string initiator = "InitiatorName=iqn.2026-11.io.lunway:initiator";
  const std::string target = "TargetName=iqn.2026-11.io.lunway:disk";
  const std::vector<std::pair<std::string, unsigned>> table{
      {text_pairs({target}), 0x0207},
      {text_pairs({initiator}), 0x0207},
      {text_pairs({initiator, target, "SessionType=Backup"}), 0x0209},
  };
  for (const auto& [text, code] : table) {
    TargetRig rig;
    rig.send(wire::LoginRequest::build(login_fields(from_to(kOperational, kFullFeature))), bytes_of(text));
    const auto answer = rig.receive();
    ASSERT_TRUE(answer);
    EXPECT_EQ(code_of(wire::LoginResponse(wire::HeaderView(answer->header)).status()), code);
    EXPECT_TRUE(rig.closed);
  }
}

}  // namespace
}  // namespace lunway::session::testing
