// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include <algorithm>
#include <cassert>

#include "text/chap.h"
#include "text/chap_values.h"
#include "text/value.h"

namespace lunway::text {

ChapInitiator::ChapInitiator(Config config, std::uint8_t identifier, Bytes challenge)
    : config_(std::move(config)), identifier_(identifier), challenge_(challenge.begin(), challenge.end()) {
  assert(!config_.target || (challenge.size() >= kMinChapChallenge && challenge.size() <= kMaxChapBinary));
}

std::optional<ChapFailure> ChapInitiator::start(TextWriter& out) {
  const auto too_short = [this](const ChapAccount& account) {
    return !account.secret.is_long_enough() && !config_.settings.allow_short_secrets;
  };
  //= rfc7143#9.2.1
  if (too_short(config_.own) || (config_.target && too_short(*config_.target))) return ChapFailure::short_secret;
  if (config_.target && config_.target->secret.equals(config_.own.secret)) return ChapFailure::same_secret;
  std::ranges::copy_if(config_.settings.algorithms, std::back_inserter(offered_), is_available);
  if (offered_.empty()) return ChapFailure::no_common_algorithm;
  add_chap_algorithms(out, offered_);
  stage_ = Stage::challenge;
  return std::nullopt;
}

ChapResult ChapInitiator::step(std::span<const KeyValue> pairs, TextWriter& out) {
  const auto keys = ChapKeys::from(pairs);
  ChapResult result = std::unexpected(ChapFailure::unexpected_key);
  if (!keys) {
    result = std::unexpected(keys.error());
  } else if (stage_ == Stage::challenge) {
    result = answer_challenge(*keys, out);
  } else if (stage_ == Stage::proof) {
    result = check_proof(*keys);
  }
  if (!result) stage_ = Stage::failed;
  return result;
}

ChapResult ChapInitiator::answer_challenge(const ChapKeys& keys, TextWriter& out) {
  if (keys.name || keys.response) return std::unexpected(ChapFailure::unexpected_key);
  if (!keys.algorithm) return std::unexpected(ChapFailure::missing_key);
  const auto question = ChapChallenge::from(keys);
  if (!question) return std::unexpected(question.error());
  const auto number = parse_number(*keys.algorithm);
  if (!number) return std::unexpected(ChapFailure::malformed_value);
  const auto chosen = chap_algorithm(*number);
  if (!chosen || std::ranges::find(offered_, *chosen) == offered_.end()) {
    return std::unexpected(ChapFailure::algorithm_not_offered);
  }
  // We must not send the challenge of the target back to it; that ours is the same is no accident.
  //= rfc7143#9.2.1
  if (config_.target && std::ranges::equal(question->challenge.bytes(), challenge_)) {
    return std::unexpected(ChapFailure::reflected_challenge);
  }
  const auto response =
      ChapDigest::compute(*chosen, question->identifier, config_.own.secret, question->challenge.bytes());
  if (!response) return std::unexpected(ChapFailure::no_common_algorithm);

  algorithm_ = *chosen;
  add_chap_response(out, config_.own.name, *response);
  if (config_.target) add_chap_challenge(out, identifier_, challenge_);
  stage_ = config_.target ? Stage::proof : Stage::done;
  return done() ? ChapProgress::done : ChapProgress::proceeding;
}

ChapResult ChapInitiator::check_proof(const ChapKeys& keys) {
  if (keys.algorithm || keys.identifier || keys.challenge) return std::unexpected(ChapFailure::unexpected_key);
  const auto answer = ChapResponse::from(keys);
  if (!answer) return std::unexpected(answer.error());
  const auto respond = [this](const ChapSecret& secret) {
    return ChapDigest::compute(algorithm_, identifier_, secret, challenge_);
  };
  const auto our_own = respond(config_.own.secret);
  const auto expected = respond(config_.target->secret);
  if (!our_own || !expected) return std::unexpected(ChapFailure::no_common_algorithm);

  const Bytes response = answer->response.bytes();
  if (our_own->equals(response)) return std::unexpected(ChapFailure::same_secret);
  if (!config_.target->name.empty() && answer->name != config_.target->name) {
    return std::unexpected(ChapFailure::unknown_name);
  }
  if (!expected->equals(response)) return std::unexpected(ChapFailure::wrong_response);
  stage_ = Stage::done;
  return ChapProgress::done;
}

}  // namespace lunway::text
