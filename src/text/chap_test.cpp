// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Both roles of CHAP against each other, and each against a peer that does not keep to the steps.

#include "text/chap.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

#include "text/encoding.h"

namespace lunway::text {
namespace {

constexpr std::string_view kTargetChallenge = "challenge of the target, 32 byte";
constexpr std::string_view kInitiatorChallenge = "challenge of initiator, 31 byte";
constexpr std::uint8_t kTargetIdentifier = 17;
constexpr std::uint8_t kInitiatorIdentifier = 99;

ChapAccount alice() { return {"alice", ChapSecret("secret of alice")}; }
ChapAccount storage() { return {"storage", ChapSecret("secret of storage")}; }

using Keys = std::map<std::string, std::string>;

Keys keys_in(const TextWriter& out) {
  Keys keys;
  PairReader reader(out.text());
  while (const auto pair = reader.next()) keys.emplace(pair->key, pair->value);
  return keys;
}

template <class Side>
ChapResult feed(Side& side, const Keys& keys, TextWriter& out) {
  std::vector<KeyValue> pairs;
  for (const auto& [key, value] : keys) pairs.push_back({key, value});
  return side.step(pairs, out);
}

/// One login between a target and an initiator, arrow by arrow. `keys` is what travels next.
struct Exchange {
  ChapTarget target;
  ChapInitiator initiator;
  Keys keys = {};
  std::optional<ChapFailure> failure = {};

  Exchange(ChapTarget::Config at_target, ChapInitiator::Config at_initiator)
      : target(std::move(at_target), kTargetIdentifier, bytes_of(kTargetChallenge)),
        initiator(std::move(at_initiator), kInitiatorIdentifier, bytes_of(kInitiatorChallenge)) {
    TextWriter out;
    failure = initiator.start(out);
    keys = keys_in(out);
  }

  template <class Side>
  Exchange& to(Side& side) {
    if (failure) return *this;
    TextWriter out;
    const ChapResult result = feed(side, keys, out);
    if (!result) failure = result.error();
    keys = keys_in(out);
    return *this;
  }
  Exchange& to_target() { return to(target); }
  Exchange& to_initiator() { return to(initiator); }
  Exchange& with(const std::string& key, std::string value) {
    keys[key] = std::move(value);
    return *this;
  }
  Exchange& without(const std::string& key) {
    keys.erase(key);
    return *this;
  }
};

Exchange one_way() {
  return {{.settings = {}, .initiators = {alice()}, .own = {}}, {.settings = {}, .own = alice(), .target = {}}};
}

Exchange mutual() {
  return {{.settings = {}, .initiators = {alice()}, .own = storage()},
          {.settings = {}, .own = alice(), .target = storage()}};
}

std::string wrong_response(std::size_t size) { return hex_constant(std::vector<std::byte>(size)); }

TEST(Rfc7143_12_1_3_Chap, AuthenticatesTheInitiator) {
  Exchange run = one_way();
  EXPECT_EQ(run.keys, (Keys{{"CHAP_A", "8,7,6,5"}}));
  run.to_target();
  EXPECT_EQ(run.keys, (Keys{{"CHAP_A", "8"}, {"CHAP_I", "17"}, {"CHAP_C", hex_constant(bytes_of(kTargetChallenge))}}));
  run.to_initiator();
  EXPECT_EQ(run.keys.size(), 2U);
  EXPECT_EQ(run.keys["CHAP_N"], "alice");
  EXPECT_TRUE(run.initiator.done());
  run.to_target();
  EXPECT_TRUE(run.keys.empty());
  EXPECT_EQ(run.failure, std::nullopt);
  EXPECT_TRUE(run.target.done());
  EXPECT_EQ(run.target.authenticated_name(), "alice");
}

//= ledger R7143-9.2.1-01 R7143-12.1-02 R7143-12.1-03
TEST(Rfc7143_12_1_3_Chap, AuthenticatesBothSides) {
  Exchange run = mutual();
  run.to_target().to_initiator();
  EXPECT_EQ(run.keys.size(), 4U);
  EXPECT_EQ(run.keys["CHAP_I"], "99");
  EXPECT_FALSE(run.initiator.done());
  run.to_target();
  EXPECT_EQ(run.keys["CHAP_N"], "storage");
  run.to_initiator();
  EXPECT_EQ(run.failure, std::nullopt);
  EXPECT_TRUE(run.initiator.done());
  EXPECT_TRUE(run.target.done());
}

TEST(Rfc7143_12_1_3_Chap, ResponsesMayBeBase64) {
  Exchange run = one_way();
  run.to_target().to_initiator();
  std::array<std::byte, 32> response;
  ASSERT_TRUE(decode_binary_exactly(run.keys["CHAP_R"], response));
  run.with("CHAP_R", base64_constant(response)).to_target();
  EXPECT_TRUE(run.target.done());
}

TEST(Rfc7143_12_1_3_Chap, ChallengesMayBeBase64) {
  Exchange run = one_way();
  run.to_target().with("CHAP_C", base64_constant(bytes_of(kTargetChallenge))).to_initiator().to_target();
  EXPECT_TRUE(run.target.done());
}

TEST(Rfc7143_12_1_3_Chap, NamesAreTextAndNeverDecoded) {
  for (const std::string name : {"0x616c696365", "0bYWxpY2U="}) {
    const ChapAccount odd{name, ChapSecret("secret of alice")};
    // The name that it would decode to is another account with another secret.
    Exchange run({.settings = {}, .initiators = {storage(), {"alice", storage().secret}, odd}, .own = {}},
                 {.settings = {}, .own = odd, .target = {}});
    run.to_target().to_initiator().to_target();
    EXPECT_EQ(run.failure, std::nullopt);
    EXPECT_EQ(run.target.authenticated_name(), name);
  }
}

// --- The choice of the algorithm.

//= ledger(target) R7143-12.1.3-02
TEST(Rfc7143_12_1_3_Chap, TargetTakesTheFirstAlgorithmItHas) {
  Exchange run = one_way();
  run.with("CHAP_A", "99,x,5,7").to_target();
  EXPECT_EQ(run.keys["CHAP_A"], "5");
}

//= ledger(target) R7143-12.1.3-02
TEST(Rfc7143_12_1_3_Chap, TargetTakesNoAlgorithmThatItIsNotToldToHave) {
  const ChapSettings only_sha3{.algorithms = {ChapAlgorithm::sha3_256}};
  Exchange run({.settings = only_sha3, .initiators = {alice()}, .own = {}},
               {.settings = {}, .own = alice(), .target = {}});
  run.with("CHAP_A", "5,6,7").to_target();
  EXPECT_EQ(run.failure, ChapFailure::no_common_algorithm);
  EXPECT_EQ(status_of(*run.failure), ChapStatus::authentication_failure);
}

//= ledger(initiator) R7143-12.1.3-08
TEST(Rfc7143_12_1_3_Chap, InitiatorOffersMd5WhereTheLibraryHasIt) {
  Exchange run = one_way();
  EXPECT_EQ(run.keys["CHAP_A"].ends_with(",5"), is_available(ChapAlgorithm::md5));
}

TEST(Rfc7143_12_1_3_Chap, InitiatorRefusesAnAlgorithmItDidNotOffer) {
  for (const auto& [answer, failure] : std::map<std::string, ChapFailure>{{"9", ChapFailure::algorithm_not_offered},
                                                                          {"0", ChapFailure::algorithm_not_offered},
                                                                          {"261", ChapFailure::algorithm_not_offered},
                                                                          {"MD5", ChapFailure::malformed_value},
                                                                          {"5,6", ChapFailure::malformed_value},
                                                                          {"", ChapFailure::malformed_value},
                                                                          {"Reject", ChapFailure::malformed_value}}) {
    Exchange run = one_way();
    run.to_target().with("CHAP_A", answer).to_initiator();
    EXPECT_EQ(run.failure, failure) << answer;
  }
}

// --- Steps.

//= ledger(target) R7143-9.2-04
TEST(Rfc7143_9_2_Steps, MissingKeysAreMissingParameters) {
  for (const std::string key : {"CHAP_N", "CHAP_R", "CHAP_I", "CHAP_C"}) {
    Exchange run = mutual();
    run.to_target().to_initiator().without(key).to_target();
    EXPECT_EQ(run.failure, ChapFailure::missing_key) << key;
    EXPECT_TRUE(run.keys.empty()) << "nothing of ours goes out";
  }
  EXPECT_EQ(status_of(ChapFailure::missing_key), ChapStatus::missing_parameter);
}

//= ledger(initiator) R7143-9.2-03
TEST(Rfc7143_9_2_Steps, InitiatorMissesKeysToo) {
  for (const std::string key : {"CHAP_A", "CHAP_I", "CHAP_C"}) {
    Exchange run = mutual();
    run.to_target().without(key).to_initiator();
    EXPECT_EQ(run.failure, ChapFailure::missing_key) << key;
  }
  for (const std::string key : {"CHAP_N", "CHAP_R"}) {
    Exchange run = mutual();
    run.to_target().to_initiator().to_target().without(key).to_initiator();
    EXPECT_EQ(run.failure, ChapFailure::missing_key) << key;
    EXPECT_FALSE(run.initiator.done());
  }
}

//= ledger(target) R7143-9.2-04
TEST(Rfc7143_9_2_Steps, KeysOfAnotherStepAreErrorsOfTheInitiator) {
  for (const std::string key : {"CHAP_N", "CHAP_R", "CHAP_I", "CHAP_C"}) {
    Exchange run = one_way();
    run.with(key, "0x11").to_target();
    EXPECT_EQ(run.failure, ChapFailure::unexpected_key) << key;
  }
  Exchange late = one_way();
  late.to_target().to_initiator().with("CHAP_A", "5").to_target();
  EXPECT_EQ(late.failure, ChapFailure::unexpected_key);
  EXPECT_EQ(status_of(ChapFailure::unexpected_key), ChapStatus::initiator_error);
}

//= ledger(initiator) R7143-9.2-03
TEST(Rfc7143_9_2_Steps, InitiatorRefusesKeysOfAnotherStep) {
  for (const std::string key : {"CHAP_N", "CHAP_R"}) {
    Exchange run = mutual();
    run.to_target().with(key, "0x11").to_initiator();
    EXPECT_EQ(run.failure, ChapFailure::unexpected_key) << key;
  }
  for (const std::string key : {"CHAP_A", "CHAP_I", "CHAP_C"}) {
    Exchange run = mutual();
    run.to_target().to_initiator().to_target().with(key, "5").to_initiator();
    EXPECT_EQ(run.failure, ChapFailure::unexpected_key) << key;
  }
}

TEST(Rfc7143_9_2_Steps, AKeyTwiceIsUnexpected) {
  const std::vector<KeyValue> twice{{"CHAP_A", "5"}, {"CHAP_A", "5"}};
  EXPECT_EQ(ChapKeys::from(twice).error(), ChapFailure::unexpected_key);
}

TEST(Rfc7143_9_2_Steps, KeysOfOtherMethodsAreUnexpected) {
  Exchange run = one_way();
  run.with("SRP_U", "alice").to_target();
  EXPECT_EQ(run.failure, ChapFailure::unexpected_key);
}

TEST(Rfc7143_9_2_Steps, NothingWorksAfterTheEnd) {
  Exchange run = one_way();
  run.to_target().to_initiator();
  const Keys answer = run.keys;
  run.to_target();
  TextWriter out;
  EXPECT_EQ(feed(run.target, answer, out).error(), ChapFailure::unexpected_key);
  EXPECT_FALSE(run.target.done());
  EXPECT_EQ(feed(run.initiator, answer, out).error(), ChapFailure::unexpected_key);
}

TEST(Rfc7143_9_2_Steps, NoSecondTryAfterAWrongResponse) {
  Exchange run = one_way();
  run.to_target().to_initiator();
  const Keys good = run.keys;
  run.with("CHAP_R", wrong_response(32)).to_target();
  EXPECT_EQ(run.failure, ChapFailure::wrong_response);
  TextWriter out;
  EXPECT_EQ(feed(run.target, good, out).error(), ChapFailure::unexpected_key);
}

// --- Values.

//= ledger(target) R7143-12.1.3-07 R7143-6.1-03
TEST(Rfc7143_12_1_3_Chap, MalformedValuesAreErrorsOfTheInitiator) {
  const std::string too_long = hex_constant(std::vector<std::byte>(kMaxChapBinary + 1));
  const std::map<std::string, std::vector<std::string>> wrong{
      {"CHAP_R", {"", "0x", "0b", "xyz", "0xgg", "0b====", "0b!!!!", "12345", too_long}},
      {"CHAP_C", {"", "0x", "0b", "0xab cd", "12345", too_long}},
      {"CHAP_I", {"", "256", "-1", "0x100", "x", "1~2"}},
      {"CHAP_N", {"", std::string(256, 'n')}}};
  for (const auto& [key, values] : wrong) {
    for (const std::string& value : values) {
      Exchange run = mutual();
      run.to_target().to_initiator().with(key, value).to_target();
      EXPECT_EQ(run.failure, ChapFailure::malformed_value) << key << "=" << value;
    }
  }
  EXPECT_EQ(status_of(ChapFailure::malformed_value), ChapStatus::initiator_error);
}

//= ledger(target) R7143-12.1.3-07
TEST(Rfc7143_12_1_3_Chap, ChallengesOfEverySizeUpTo1024BytesAreAnswered) {
  for (const std::size_t size : {std::size_t{1}, std::size_t{15}, kMaxChapBinary}) {
    Exchange run = mutual();
    run.to_target().to_initiator().with("CHAP_C", hex_constant(std::vector<std::byte>(size, std::byte{7})));
    run.to_target();
    EXPECT_EQ(run.failure, std::nullopt) << size;
  }
}

TEST(Rfc7143_12_1_3_Chap, ResponsesOfAnotherLengthAreWrong) {
  for (const std::size_t size : {1U, 16U, 31U, 33U, 1024U}) {
    Exchange run = one_way();
    run.to_target().to_initiator().with("CHAP_R", wrong_response(size)).to_target();
    EXPECT_EQ(run.failure, ChapFailure::wrong_response) << size;
  }
}

TEST(Rfc7143_12_1_3_Chap, ALongerResponseThatStartsRightIsWrong) {
  Exchange run = one_way();
  run.to_target().to_initiator();
  run.with("CHAP_R", run.keys["CHAP_R"] + "00").to_target();
  EXPECT_EQ(run.failure, ChapFailure::wrong_response);
}

// --- Secrets and names.

//= ledger(target) R7143-12.1.3-04
TEST(Rfc7143_12_1_3_Chap, WrongSecretAndUnknownNameAreAuthenticationFailures) {
  Exchange wrong({.settings = {}, .initiators = {alice()}, .own = {}},
                 {.settings = {}, .own = {"alice", ChapSecret("not her secret")}, .target = {}});
  wrong.to_target().to_initiator().to_target();
  EXPECT_EQ(wrong.failure, ChapFailure::wrong_response);
  EXPECT_EQ(status_of(ChapFailure::wrong_response), ChapStatus::authentication_failure);

  Exchange unknown = one_way();
  unknown.to_target().to_initiator().with("CHAP_N", "mallory").to_target();
  EXPECT_EQ(unknown.failure, ChapFailure::unknown_name);
  EXPECT_EQ(status_of(ChapFailure::unknown_name), ChapStatus::authentication_failure);
}

TEST(Rfc7143_12_1_3_Chap, AnUnknownNameIsNotAnAccountWithAnEmptySecret) {
  Exchange run({.settings = {}, .initiators = {alice()}, .own = {}},
               {.settings = {.allow_short_secrets = true}, .own = {"nobody", ChapSecret()}, .target = {}});
  run.to_target().to_initiator().to_target();
  EXPECT_EQ(run.failure, ChapFailure::unknown_name);
}

//= ledger(initiator) R7143-12.1.3-06 R7143-9.2-08 R7143-9.2-09 R7143-9.2-10
TEST(Rfc7143_12_1_3_Chap, InitiatorRefusesATargetThatCannotProveItself) {
  Exchange wrong({.settings = {}, .initiators = {alice()}, .own = ChapAccount{"storage", ChapSecret("not its secret")}},
                 {.settings = {}, .own = alice(), .target = storage()});
  wrong.to_target().to_initiator().to_target().to_initiator();
  EXPECT_EQ(wrong.failure, ChapFailure::wrong_response);
  EXPECT_FALSE(wrong.initiator.done());

  Exchange other_name({.settings = {}, .initiators = {alice()}, .own = ChapAccount{"other", storage().secret}},
                      {.settings = {}, .own = alice(), .target = storage()});
  other_name.to_target().to_initiator().to_target().to_initiator();
  EXPECT_EQ(other_name.failure, ChapFailure::unknown_name);
}

TEST(Rfc7143_12_1_3_Chap, InitiatorMayTakeATargetOfAnyName) {
  Exchange run({.settings = {}, .initiators = {alice()}, .own = storage()},
               {.settings = {}, .own = alice(), .target = ChapAccount{"", storage().secret}});
  run.to_target().to_initiator().to_target().to_initiator();
  EXPECT_EQ(run.failure, std::nullopt);
  EXPECT_TRUE(run.initiator.done());
}

//= ledger(target) R7143-12.1.3-05
TEST(Rfc7143_12_1_3_Chap, TargetWithoutAnAccountOfItsOwnFailsAMutualLogin) {
  Exchange run({.settings = {}, .initiators = {alice()}, .own = {}},
               {.settings = {}, .own = alice(), .target = storage()});
  run.to_target().to_initiator().to_target();
  EXPECT_EQ(run.failure, ChapFailure::no_own_account);
  EXPECT_EQ(status_of(*run.failure), ChapStatus::authentication_failure);
  EXPECT_FALSE(run.target.done());
}

// --- Reflection and strength.

//= ledger(target) R7143-9.2.1-12
TEST(Rfc7143_9_2_1_Chap, TargetRefusesItsOwnChallenge) {
  Exchange run = mutual();
  run.to_target().to_initiator().with("CHAP_C", base64_constant(bytes_of(kTargetChallenge))).to_target();
  EXPECT_EQ(run.failure, ChapFailure::reflected_challenge);
  EXPECT_TRUE(run.keys.empty());
}

//= ledger(initiator) R7143-9.2.1-11 R7143-9.2.1-12
TEST(Rfc7143_9_2_1_Chap, InitiatorRefusesTheChallengeItIsAboutToSend) {
  Exchange run = mutual();
  run.to_target().with("CHAP_C", hex_constant(bytes_of(kInitiatorChallenge))).to_initiator();
  EXPECT_EQ(run.failure, ChapFailure::reflected_challenge);
}

//= ledger(target) R7143-9.2.1-09
TEST(Rfc7143_9_2_1_Chap, TargetRefusesTheResponseItWouldHaveGivenItself) {
  // Alice has stolen the answer of the target: name hers, response made with the secret of the target.
  Exchange run({.settings = {}, .initiators = {alice()}, .own = storage()},
               {.settings = {}, .own = {"alice", storage().secret}, .target = {}});
  run.to_target().to_initiator().to_target();
  EXPECT_EQ(run.failure, ChapFailure::same_secret);
  EXPECT_EQ(status_of(*run.failure), ChapStatus::authentication_failure);
}

//= ledger(target) R7143-9.2.1-08
TEST(Rfc7143_9_2_1_Chap, TargetRefusesOneSecretForBothDirections) {
  Exchange run({.settings = {}, .initiators = {alice()}, .own = ChapAccount{"storage", alice().secret}},
               {.settings = {}, .own = alice(), .target = {}});
  run.to_target().to_initiator().to_target();
  EXPECT_EQ(run.failure, ChapFailure::same_secret);
}

//= ledger(initiator) R7143-9.2.1-09
TEST(Rfc7143_9_2_1_Chap, InitiatorRefusesTheResponseItWouldHaveGivenItself) {
  Exchange run({.settings = {}, .initiators = {alice()}, .own = ChapAccount{"storage", ChapSecret("whatever it is")}},
               {.settings = {}, .own = alice(), .target = storage()});
  run.to_target().to_initiator().to_target();
  // The target has made Alice herself answer her challenge on another connection.
  const auto reflected =
      ChapDigest::compute(ChapAlgorithm::sha3_256, kInitiatorIdentifier, alice().secret, bytes_of(kInitiatorChallenge));
  run.with("CHAP_R", hex_constant(reflected->bytes())).to_initiator();
  EXPECT_EQ(run.failure, ChapFailure::same_secret);
}

//= ledger(initiator) R7143-9.2.1-08
TEST(Rfc7143_9_2_1_Chap, InitiatorDoesNotStartWithOneSecretForBothDirections) {
  Exchange run({.settings = {}, .initiators = {}, .own = {}},
               {.settings = {}, .own = alice(), .target = ChapAccount{"storage", alice().secret}});
  EXPECT_EQ(run.failure, ChapFailure::same_secret);
}

//= ledger R7143-9.2.1-07
TEST(Rfc7143_9_2_1_Chap, ShortSecretsNeedPermission) {
  const ChapAccount weak{"alice", ChapSecret("short")};
  Exchange refused({.settings = {}, .initiators = {weak}, .own = {}}, {.settings = {}, .own = weak, .target = {}});
  EXPECT_EQ(refused.failure, ChapFailure::short_secret);

  const ChapSettings permitted{.allow_short_secrets = true};
  Exchange at_target({.settings = {}, .initiators = {weak}, .own = {}},
                     {.settings = permitted, .own = weak, .target = {}});
  at_target.to_target().to_initiator().to_target();
  EXPECT_EQ(at_target.failure, ChapFailure::short_secret);

  Exchange allowed({.settings = permitted, .initiators = {weak}, .own = {}},
                   {.settings = permitted, .own = weak, .target = {}});
  allowed.to_target().to_initiator().to_target();
  EXPECT_EQ(allowed.failure, std::nullopt);
}

//= ledger(target) R7143-9.2.1-07
TEST(Rfc7143_9_2_1_Chap, TargetDoesNotAnswerWithAShortSecret) {
  Exchange run({.settings = {}, .initiators = {alice()}, .own = ChapAccount{"storage", ChapSecret("short")}},
               {.settings = {}, .own = alice(), .target = storage()});
  run.to_target().to_initiator().to_target();
  EXPECT_EQ(run.failure, ChapFailure::short_secret);
  EXPECT_TRUE(run.keys.empty());
}

//= ledger R7143-9.2.1-02 R7143-12.1-03
RC_GTEST_PROP(Rfc7143_12_1_3_Chap, AnySecretOfAnyBytesWorksWithEveryAlgorithm, ()) {
  const auto secret = *rc::gen::suchThat<std::string>([](const std::string& s) { return s.size() <= 128; });
  const auto other = *rc::gen::suchThat<std::string>([&](const std::string& s) { return s != secret; });
  const auto algorithm =
      *rc::gen::element(ChapAlgorithm::md5, ChapAlgorithm::sha1, ChapAlgorithm::sha256, ChapAlgorithm::sha3_256);
  RC_PRE(is_available(algorithm));
  const ChapSettings settings{.algorithms = {algorithm}, .allow_short_secrets = true};
  const ChapAccount user{"user", ChapSecret(secret)};
  const ChapAccount server{"server", ChapSecret(other)};
  Exchange run({.settings = settings, .initiators = {user}, .own = server},
               {.settings = settings, .own = user, .target = server});
  run.to_target().to_initiator().to_target().to_initiator();
  RC_ASSERT(!run.failure);
  RC_ASSERT(run.target.done() && run.initiator.done());
}

}  // namespace
}  // namespace lunway::text
