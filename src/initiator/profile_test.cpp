// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// From a URL and options to the engine's profile: names, ISID, what is offered, CHAP.

#include "initiator/profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "session/testing/seeded_entropy.h"

namespace lunway::initiator {
namespace {

using ::testing::HasSubstr;

struct Profiles : ::testing::Test {
  Profiles() { url.target = "iqn.2026-11.io.lunway:disk"; }
  Result<session::InitiatorProfile> make(text::SessionType type = text::SessionType::normal) {
    return make_profile(url, options, type, entropy);
  }
  void expect_wrong(const std::string& says) {
    const auto profile = make();
    ASSERT_FALSE(profile);
    EXPECT_EQ(profile.error().kind, ErrorKind::invalid_argument);
    EXPECT_THAT(profile.error().message, HasSubstr(says));
  }

  Url url;
  Options options;
  session::SeededEntropy entropy;
};

using Rfc7143_4_2_7_1_InitiatorName = Profiles;

//= ledger R7143-4.2.7.1-01
TEST_F(Rfc7143_4_2_7_1_InitiatorName, IsNeverMissing) {
  EXPECT_EQ(make()->initiator_name, "iqn.2026-11.io.lunway:initiator") << "even when nobody chose one";
  for (const char* name : {"", "disk", "iqn.2026-13.io.lunway:a", "iqn.2026-11.io.lunway:a b"}) {
    options.initiator_name = name;
    expect_wrong("initiator name");
  }
}

//= ledger R7143-4.2.7.1-06
TEST_F(Rfc7143_4_2_7_1_InitiatorName, AndThatOfTheTargetArePreparedWithTheProfileOfIscsi) {
  options.initiator_name = "iqn.2026-11.IO.Lunway:Initiator";
  url.target = "iqn.2026-11.io.lunway:DISK";
  const auto profile = make();
  ASSERT_TRUE(profile);
  EXPECT_EQ(profile->initiator_name, "iqn.2026-11.io.lunway:initiator");
  EXPECT_EQ(profile->target_name, "iqn.2026-11.io.lunway:disk");
}

//= ledger R7143-4.2.7.1-03
TEST_F(Rfc7143_4_2_7_1_InitiatorName, OfATargetHasUpTo223Bytes) {
  url.target = "iqn.2026-11.io.lunway:" + std::string(223 - 22, 'd');
  ASSERT_TRUE(make());
  EXPECT_EQ(make()->target_name.size(), 223U);
  url.target += "d";
  expect_wrong("target name");
}

TEST_F(Rfc7143_4_2_7_1_InitiatorName, SufficesForDiscovery) {
  url.target.clear();
  const auto profile = make(text::SessionType::discovery);
  ASSERT_TRUE(profile);
  EXPECT_EQ(profile->target_name, "");
}

using Rfc7143_11_12_5_InitiatorIsid = Profiles;

//= ledger R7143-11.12.5-03 R7143-11.12.5-04 R7143-10.1.1-01
TEST_F(Rfc7143_11_12_5_InitiatorIsid, IsOfTheRandomTypeAndTheOneAskedFor) {
  options.isid = 0x1234'56'789a;
  const auto bytes = make()->isid.bytes();
  EXPECT_EQ(std::to_integer<unsigned>(bytes[0]) >> 6, 2U) << "T = random";
  EXPECT_EQ(bytes[1], std::byte{0x12});
  EXPECT_EQ(bytes[2], std::byte{0x34});
  EXPECT_EQ(bytes[3], std::byte{0x56});
  EXPECT_EQ(bytes[4], std::byte{0x78});
  EXPECT_EQ(bytes[5], std::byte{0x9a});
  EXPECT_EQ(make()->isid, make()->isid) << "the same port again";
}

TEST_F(Rfc7143_11_12_5_InitiatorIsid, IsAnotherForEachSessionOtherwise) { EXPECT_NE(make()->isid, make()->isid); }

using ProfilePolicy = Profiles;

TEST_F(ProfilePolicy, OffersStayWithinTheRangesOfTheKeys) {
  options.max_recv_data_segment_length = 1;
  options.max_burst_length = 0xffffffff;
  options.max_outstanding_r2t = 0;
  const auto profile = make();
  EXPECT_EQ(profile->policy.number(text::KeyId::max_recv_data_segment_length).preferred, 512U);
  EXPECT_EQ(profile->policy.number(text::KeyId::max_burst_length).preferred, 16'777'215U);
  EXPECT_EQ(profile->policy.number(text::KeyId::max_outstanding_r2t).preferred, 1U);
}

TEST_F(ProfilePolicy, ADigestOfTheUrlTakesPrecedence) {
  options.header_digest = Digest::crc32c;
  url.header_digest = false;
  const auto profile = make();
  ASSERT_EQ(profile->policy.header_digest.values().size(), 1U);
  EXPECT_EQ(profile->policy.header_digest.values()[0], static_cast<std::uint8_t>(text::Digest::none));
}

using Rfc7143_7_1_5_InitiatorErrorRecovery = Profiles;

TEST_F(Rfc7143_7_1_5_InitiatorErrorRecovery, IsAskedForAsTheUrlSays) {
  url.erl = 2;
  const text::NumberWish wish = make()->policy.number(text::KeyId::error_recovery_level);
  EXPECT_EQ(wish.preferred, 2U);
  EXPECT_EQ(wish.worst, 0U);
  EXPECT_TRUE(wish.offer);
}

using ProfileChap = Profiles;

TEST_F(ProfileChap, NeedsASecretForEachUser) {
  url.user = "app";
  expect_wrong("app has no secret");
  url.secret = "a secret of the app";
  ASSERT_TRUE(make());
  EXPECT_TRUE(make()->chap);
  EXPECT_FALSE(make()->target_chap);
  url.target_user = "disk";
  expect_wrong("disk has no secret");
  url.target_secret = "a secret of the disk";
  EXPECT_TRUE(make()->target_chap);
}

TEST_F(ProfileChap, TakesOnlyKnownAlgorithms) {
  options.chap_algorithms = {7, 99};
  expect_wrong("99");
}

}  // namespace
}  // namespace lunway::initiator
