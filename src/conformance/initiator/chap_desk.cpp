// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/initiator/chap_desk.h"

#include <array>

#include "base/big_endian.h"
#include "conformance/initiator/key_rules.h"
#include "text/chap_digest.h"
#include "text/encoding.h"

namespace lunway::conformance {
namespace {

constexpr std::size_t kChallengeSize = 16;
constexpr std::size_t kMaxChallenge = 1024;

}  // namespace

ChapDesk::ChapDesk(const std::optional<Account>& account, const std::optional<Account>& target_account,
                   std::uint32_t random)
    : account_(account), target_account_(target_account), random_(random) {}

std::optional<Text> ChapDesk::answer(const Text& heard) {
  if (const std::string* algorithms = find_value(heard, "CHAP_A")) return challenge(*algorithms);
  if (find_value(heard, "CHAP_R") != nullptr) return check(heard);
  return std::nullopt;
}

std::optional<Text> ChapDesk::challenge(const std::string& algorithms) {
  std::string_view rest = algorithms;
  while (algorithm_ == 0 && !rest.empty()) {
    const std::string_view one = rest.substr(0, rest.find(','));
    const auto number = number_in(one);
    if (number && text::chap_algorithm(*number)) algorithm_ = static_cast<unsigned>(*number);
    rest.remove_prefix(std::min(one.size() + 1, rest.size()));
  }
  if (algorithm_ == 0) return std::nullopt;
  challenge_.resize(kChallengeSize);
  for (std::size_t at = 0; at < kChallengeSize; at += 4) {
    store_be32(&challenge_[at], random_ * 0x9e3779b9U + static_cast<std::uint32_t>(at));
  }
  return Text{{"CHAP_A", std::to_string(algorithm_)},
              {"CHAP_I", std::to_string(random_ & 0xff)},
              {"CHAP_C", text::hex_constant(challenge_)}};
}

std::optional<Text> ChapDesk::check(const Text& heard) {
  const std::string* name = find_value(heard, "CHAP_N");
  const std::string* response = find_value(heard, "CHAP_R");
  if (name == nullptr || response == nullptr || challenge_.empty() || !account_) return std::nullopt;
  std::array<std::byte, text::kMaxChapDigest> bytes{};
  const auto size = text::decode_binary(*response, bytes);
  const auto algorithm = text::chap_algorithm(algorithm_);
  if (!size || !algorithm) return std::nullopt;
  const auto right = text::ChapDigest::compute(*algorithm, static_cast<std::uint8_t>(random_ & 0xff),
                                               text::ChapSecret(account_->secret), challenge_);
  if (!right || !right->equals(Bytes(bytes).first(*size)) || *name != account_->name) return std::nullopt;
  done_ = true;

  const std::string* identifier = find_value(heard, "CHAP_I");
  const std::string* challenge = find_value(heard, "CHAP_C");
  if (identifier == nullptr || challenge == nullptr) return Text{};
  if (!target_account_) return std::nullopt;
  const auto proof = chap_response(algorithm_, *identifier, *challenge, target_account_->secret);
  if (!proof) return std::nullopt;
  return Text{{"CHAP_N", target_account_->name}, {"CHAP_R", *proof}};
}

std::optional<std::string> chap_response(unsigned algorithm, std::string_view identifier, std::string_view challenge,
                                         const std::string& secret) {
  const auto number = number_in(identifier);
  const auto hash = text::chap_algorithm(algorithm);
  std::array<std::byte, kMaxChallenge> bytes{};
  const auto size = text::decode_binary(challenge, bytes);
  if (!number || !hash || !size) return std::nullopt;
  const auto digest = text::ChapDigest::compute(*hash, static_cast<std::uint8_t>(*number), text::ChapSecret(secret),
                                                Bytes(bytes).first(*size));
  if (!digest) return std::nullopt;
  return text::hex_constant(digest->bytes());
}

}  // namespace lunway::conformance
