// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "cli/ladder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "wire/login_request.h"
#include "wire/login_response.h"
#include "wire/nop_in.h"
#include "wire/nop_out.h"

namespace lunway::cli {
namespace {

using initiator::Direction;
using testing::HasSubstr;
using testing::Not;
using std::operator""s;
using std::operator""sv;

void see(Ladder& ladder, Direction direction, const wire::Header& header, std::string_view data = {}) {
  ladder.observe({.direction = direction, .header = header, .data = bytes_of(data)});
}

std::string drawn(const Ladder& ladder) { return ladder.draw(Paint(false)); }

TEST(Ladder, ALoginShowsItsStagesAndKeys) {
  Ladder ladder;
  wire::LoginRequest::Fields fields;
  fields.flags = {.transit = true,
                  .csg = wire::LoginStage::security_negotiation,
                  .nsg = wire::LoginStage::login_operational_negotiation};
  see(ladder, Direction::sent, wire::LoginRequest::build(fields), "InitiatorName=iqn.a\0AuthMethod=CHAP\0"sv);
  const std::string text = drawn(ladder);
  EXPECT_THAT(text, HasSubstr("Login Request"));
  EXPECT_THAT(text, HasSubstr("->"));
  EXPECT_THAT(text, HasSubstr("InitiatorName=iqn.a "));
  EXPECT_THAT(text, HasSubstr("AuthMethod=CHAP "));
}

TEST(Ladder, ARefusalShowsItsStatus) {
  Ladder ladder;
  wire::LoginResponse::Fields fields;
  fields.status = wire::LoginStatus::not_found;
  see(ladder, Direction::received, wire::LoginResponse::build(fields));
  EXPECT_THAT(drawn(ladder), HasSubstr("0x0203"));
}

TEST(Ladder, LongChapValuesAreCut) {
  Ladder ladder;
  see(ladder, Direction::sent, wire::LoginRequest::build({}),
      "CHAP_N=app\0CHAP_R=0x0123456789abcdef0123456789abcdef\0"sv);
  EXPECT_THAT(drawn(ladder), HasSubstr("CHAP_R=0x0123456789abcdef012345..."));
}

TEST(Ladder, WhatLiesBetweenIsCounted) {
  Ladder ladder;
  for (int i = 0; i < 3; ++i) see(ladder, Direction::sent, wire::NopOut::build({}));
  for (int i = 0; i < 2; ++i) see(ladder, Direction::received, wire::NopIn::build({}));
  see(ladder, Direction::sent, wire::LoginRequest::build({}));
  EXPECT_EQ(ladder.size(), 6U);
  EXPECT_THAT(drawn(ladder), HasSubstr("3 x NOP-Out"));
  EXPECT_THAT(drawn(ladder), HasSubstr("2 x NOP-In"));
}

TEST(Ladder, AllLinesAreOfOneWidth) {
  Ladder ladder;
  see(ladder, Direction::sent, wire::LoginRequest::build({}), std::string(500, 'k') + "=v\0"s);
  see(ladder, Direction::received, wire::LoginResponse::build({}), "TargetAddress=" + std::string(200, 'a') + "\0"s);
  std::size_t width = 0;
  std::string_view text_left;
  const std::string text = drawn(ladder);
  text_left = text;
  text_left.remove_prefix(text_left.find('\n') + 1);
  while (!text_left.empty()) {
    const std::size_t end = text_left.find('\n');
    if (width == 0) width = end;
    EXPECT_EQ(end, width);
    text_left.remove_prefix(end + 1);
  }
}

TEST(Ladder, WithoutATerminalThereAreNoEscapes) {
  Ladder ladder;
  see(ladder, Direction::sent, wire::LoginRequest::build({}));
  EXPECT_THAT(drawn(ladder), Not(HasSubstr("\x1b")));
  EXPECT_THAT(ladder.draw(Paint(true)), HasSubstr("\x1b["));
}

}  // namespace
}  // namespace lunway::cli
