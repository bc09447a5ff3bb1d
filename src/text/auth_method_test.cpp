// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "text/auth_method.h"

#include <gtest/gtest.h>

#include <array>

namespace lunway::text {
namespace {

constexpr std::array kChapOnly{AuthMethod::chap};
constexpr std::array kNoneOnly{AuthMethod::none};
constexpr std::array kEither{AuthMethod::chap, AuthMethod::none};

TEST(Rfc7143_12_1_AuthMethod, OffersInOrderOfPreference) {
  EXPECT_EQ(auth_method_list(kEither), "CHAP,None");
  EXPECT_EQ(auth_method_list(kNoneOnly), "None");
}

//= ledger(target) R7143-6.3.2-02 R7143-12.1-04 R7143-12.1-10
TEST(Rfc7143_6_3_2_AuthMethod, TheFirstProposedMethodThatIsAllowedIsTaken) {
  EXPECT_EQ(select_auth_method("KRB5,SRP,None,CHAP", kEither), AuthMethod::none);
  EXPECT_EQ(select_auth_method("KRB5,CHAP,None", kEither), AuthMethod::chap);
  EXPECT_EQ(select_auth_method("None,CHAP", kChapOnly), AuthMethod::chap);
}

TEST(Rfc7143_6_3_2_AuthMethod, WithoutACommonMethodNothingIsTaken) {
  EXPECT_EQ(select_auth_method("None", kChapOnly), std::nullopt);
  EXPECT_EQ(select_auth_method("KRB5,SRP,Z-com.example.magic", kEither), std::nullopt);
  EXPECT_EQ(select_auth_method("", kEither), std::nullopt);
  EXPECT_EQ(select_auth_method("chap", kEither), std::nullopt) << "values are case sensitive";
}

TEST(Rfc7143_6_2_1_AuthMethod, AnAnswerThatWasNotProposedIsRefused) {
  EXPECT_EQ(accepted_auth_method("CHAP", kEither), AuthMethod::chap);
  EXPECT_EQ(accepted_auth_method("None", kChapOnly), std::nullopt);
  EXPECT_EQ(accepted_auth_method("Reject", kEither), std::nullopt);
  EXPECT_EQ(accepted_auth_method("CHAP,None", kEither), std::nullopt);
}

}  // namespace
}  // namespace lunway::text
