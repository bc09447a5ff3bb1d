// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "proxy/login_watch.h"

#include <gtest/gtest.h>

#include "proxy/testing/recorder.h"

namespace lunway::proxy {
namespace {

using testing::kToFullFeature;
using testing::login_request;
using testing::login_response;
using testing::pairs;
using wire::Role;

class Login : public ::testing::Test {
 protected:
  bool see(Role sender, std::vector<std::byte> bytes) {
    const RawPdu pdu(std::move(bytes), {});
    return watch_.see(sender, pdu.header(), pdu.data());
  }
  bool request(std::initializer_list<std::string_view> keys) {
    return see(Role::initiator, login_request(pairs(keys)));
  }
  bool response(std::initializer_list<std::string_view> keys) { return see(Role::target, login_response(pairs(keys))); }

  LoginWatch watch_;
};

using Rfc7143_13_1_Digests = Login;

TEST_F(Rfc7143_13_1_Digests, AreWhatTheTargetPicks) {
  EXPECT_FALSE(request({"HeaderDigest=CRC32C,None", "DataDigest=None,CRC32C"}));
  EXPECT_TRUE(response({"HeaderDigest=CRC32C", "DataDigest=None"}));
  EXPECT_EQ(watch_.digests(), (wire::Digests{.header = true, .data = false}));
}

TEST_F(Rfc7143_13_1_Digests, AreWhatTheInitiatorPicksOfTheTargetsOffer) {
  EXPECT_FALSE(see(Role::target, login_response(pairs({"DataDigest=CRC32C"}), {})));
  request({"DataDigest=CRC32C"});
  EXPECT_TRUE(response({}));
  EXPECT_EQ(watch_.digests(), (wire::Digests{.header = false, .data = true}));
}

TEST_F(Rfc7143_13_1_Digests, AreNoneWithoutAnAnswer) {
  request({"HeaderDigest=CRC32C"});
  EXPECT_TRUE(response({}));
  EXPECT_EQ(watch_.digests(), wire::Digests{});
}

TEST_F(Rfc7143_13_1_Digests, AreNoneAfterARefusal) {
  request({"HeaderDigest=CRC32C"});
  response({"HeaderDigest=Reject"});
  EXPECT_EQ(watch_.digests(), wire::Digests{});
}

using Rfc7143_6_3_Login = Login;

TEST_F(Rfc7143_6_3_Login, EndsWithTheTargetsConsentAlone) {
  request({});
  EXPECT_FALSE(see(Role::target, login_response("", {})));
  EXPECT_FALSE(see(Role::target, login_response("", kToFullFeature, wire::LoginStatus::authentication_failure)));
  EXPECT_FALSE(watch_.is_over());
  EXPECT_TRUE(response({}));
  EXPECT_TRUE(watch_.is_over());
  EXPECT_FALSE(response({})) << "once only";
}

TEST_F(Rfc7143_6_3_Login, TextMayBeCutAnywhere) {
  const std::string text = pairs({"HeaderDigest=CRC32C", "MaxRecvDataSegmentLength=65536"});
  wire::LoginFlags continues{.continues = true};
  see(Role::initiator, login_request(std::string_view(text).substr(0, 9), continues));
  see(Role::target, login_response("", {}));
  see(Role::initiator, login_request(std::string_view(text).substr(9)));
  response({"HeaderDigest=CRC32C"});
  EXPECT_TRUE(watch_.digests().header);
  EXPECT_EQ(watch_.initiator_max_data(), 65536U);
  EXPECT_EQ(watch_.cid(), wire::Cid(7));
}

TEST_F(Rfc7143_6_3_Login, LoginPdusOfTheWrongSideCountForNothing) {
  EXPECT_FALSE(see(Role::initiator, login_response("")));
  EXPECT_FALSE(see(Role::target, login_request("")));
  EXPECT_FALSE(watch_.is_over());
}

}  // namespace
}  // namespace lunway::proxy
