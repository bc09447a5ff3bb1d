// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "cli/outcome.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lunway::cli {
namespace {

using initiator::ErrorKind;
using testing::HasSubstr;

initiator::Url url(std::string host) {
  initiator::Url out;
  out.host = std::move(host);
  out.port = 3261;
  out.target = "iqn.2026-11.io.example:a";
  return out;
}

TEST(ExitCode, WhatCouldNotWorkIsAWrongCallAndTheRestFailed) {
  const initiator::Error ours{ErrorKind::invalid_argument, 0, "no"};
  const initiator::Error theirs{ErrorKind::login_refused, 0x0203, "login refused: 0x0203 target not found"};
  EXPECT_EQ(failed(ours, url("h")).error().code, ExitCode::wrong_call);
  EXPECT_EQ(failed(theirs, url("h")).error().code, ExitCode::failed);
}

TEST(Advice, ATargetThatIsNotThereLeadsToDiscovery) {
  const initiator::Error error{ErrorKind::login_refused, 0x0203, "login refused: 0x0203 target not found"};
  EXPECT_EQ(failed(error, url("127.0.0.1")).error().message,
            "login refused: 0x0203 target not found; list what there is with: lunway discover 127.0.0.1:3261");
}

TEST(Advice, Ipv6StandsInBrackets) {
  EXPECT_THAT(advice_for({ErrorKind::unreachable, 0, ""}, url("::1")), HasSubstr("[::1]:3261"));
}

TEST(Advice, ARefusedSecretNamesTheFile) {
  EXPECT_THAT(advice_for({ErrorKind::login_refused, 0x0201, ""}, url("h")), HasSubstr("LUNWAY_CHAP_SECRET_FILE"));
}

TEST(Advice, NothingUsefulIsNothing) {
  EXPECT_EQ(failed(initiator::Error{ErrorKind::protocol, 0, "DataSN 5, expected 3"}, url("h")).error().message,
            "DataSN 5, expected 3");
}

}  // namespace
}  // namespace lunway::cli
