// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include <algorithm>
#include <cassert>
#include <ranges>

#include "text/chap.h"
#include "text/chap_values.h"
#include "text/value.h"

namespace lunway::text {
namespace {

/// The first algorithm of the list that we have. Numbers and words that nobody knows are passed over.
std::optional<ChapAlgorithm> choose(std::string_view list, std::span<const ChapAlgorithm> ours) {
  while (!list.empty()) {
    const auto number = parse_number(take_list_item(list));
    const auto algorithm = number ? chap_algorithm(*number) : std::nullopt;
    if (algorithm && std::ranges::find(ours, *algorithm) != ours.end() && is_available(*algorithm)) return algorithm;
  }
  return std::nullopt;
}

}  // namespace

ChapTarget::ChapTarget(Config config, std::uint8_t identifier, Bytes challenge)
    : config_(std::move(config)), identifier_(identifier), challenge_(challenge.begin(), challenge.end()) {
  assert(challenge.size() >= kMinChapChallenge && challenge.size() <= kMaxChapBinary);
}

ChapResult ChapTarget::step(std::span<const KeyValue> pairs, TextWriter& out) {
  const auto keys = ChapKeys::from(pairs);
  ChapResult result = std::unexpected(ChapFailure::unexpected_key);
  if (!keys) {
    result = std::unexpected(keys.error());
  } else if (stage_ == Stage::algorithm) {
    result = choose_algorithm(*keys, out);
  } else if (stage_ == Stage::response) {
    result = check_response(*keys, out);
  }
  if (!result) stage_ = Stage::failed;
  return result;
}

ChapResult ChapTarget::choose_algorithm(const ChapKeys& keys, TextWriter& out) {
  if (keys.identifier || keys.challenge || keys.name || keys.response) {
    return std::unexpected(ChapFailure::unexpected_key);
  }
  if (!keys.algorithm) return std::unexpected(ChapFailure::missing_key);
  const auto chosen = choose(*keys.algorithm, config_.settings.algorithms);
  if (!chosen) return std::unexpected(ChapFailure::no_common_algorithm);
  algorithm_ = *chosen;
  stage_ = Stage::response;
  add_chap_algorithms(out, {&algorithm_, 1});
  add_chap_challenge(out, identifier_, challenge_);
  return ChapProgress::proceeding;
}

ChapResult ChapTarget::check_response(const ChapKeys& keys, TextWriter& out) {
  if (keys.algorithm) return std::unexpected(ChapFailure::unexpected_key);
  // Without this, an initiator could leave out its response and let us answer our own challenge.
  //= rfc7143#9.2
  const auto answer = ChapResponse::from(keys);
  if (!answer) return std::unexpected(answer.error());
  const bool mutual = keys.identifier || keys.challenge;
  const auto question = mutual ? ChapChallenge::from(keys) : ChapChallenge{};
  if (!question) return std::unexpected(question.error());

  if (const auto failed = verify(answer->name, answer->response.bytes())) return std::unexpected(*failed);
  if (mutual) {
    if (const auto failed = answer_challenge(*question, out)) return std::unexpected(*failed);
  }
  authenticated_name_ = answer->name;
  stage_ = Stage::done;
  return ChapProgress::done;
}

std::optional<ChapFailure> ChapTarget::verify(std::string_view name, Bytes response) const {
  const auto respond = [this](const ChapSecret& secret) {
    return ChapDigest::compute(algorithm_, identifier_, secret, challenge_);
  };
  const auto account = std::ranges::find(config_.initiators, name, &ChapAccount::name);
  const bool known = account != config_.initiators.end();
  // An unknown name takes as long as a wrong secret.
  const auto expected = respond(known ? account->secret : ChapSecret());
  //= rfc7143#9.2.1
  if (config_.own) {
    const auto our_own = respond(config_.own->secret);
    if (our_own && our_own->equals(response)) return ChapFailure::same_secret;
  }
  if (!known) return ChapFailure::unknown_name;
  if (!account->secret.is_long_enough() && !config_.settings.allow_short_secrets) return ChapFailure::short_secret;
  if (!expected || !expected->equals(response)) return ChapFailure::wrong_response;
  return std::nullopt;
}

std::optional<ChapFailure> ChapTarget::answer_challenge(const ChapChallenge& question, TextWriter& out) const {
  //= rfc7143#9.2.1
  if (std::ranges::equal(question.challenge.bytes(), challenge_)) return ChapFailure::reflected_challenge;
  if (!config_.own) return ChapFailure::no_own_account;
  if (!config_.own->secret.is_long_enough() && !config_.settings.allow_short_secrets) return ChapFailure::short_secret;
  const auto response =
      ChapDigest::compute(algorithm_, question.identifier, config_.own->secret, question.challenge.bytes());
  if (!response) return ChapFailure::no_common_algorithm;
  add_chap_response(out, config_.own->name, *response);
  return std::nullopt;
}

}  // namespace lunway::text
