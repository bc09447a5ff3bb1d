// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "initiator/profile.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "base/big_endian.h"
#include "text/name.h"

namespace lunway::initiator {
namespace {

using text::KeyId;
using Wire = text::Digest;

std::unexpected<Error> wrong(std::string message) {
  return std::unexpected(Error{ErrorKind::invalid_argument, 0, std::move(message)});
}

text::ListWish wish(Digest digest, std::optional<bool> from_url) {
  if (from_url) digest = *from_url ? Digest::crc32c : Digest::none;
  switch (digest) {
    case Digest::none:
      return {Wire::none};
    case Digest::prefer_none:
      return {Wire::none, Wire::crc32c};
    case Digest::prefer_crc32c:
      return {Wire::crc32c, Wire::none};
    case Digest::crc32c:
      return {Wire::crc32c};
  }
  return {Wire::none};
}

text::ListWish task_reporting_wish(TaskReporting best) {
  using Value = text::TaskReporting;
  switch (best) {
    case TaskReporting::rfc3720:
      return text::ListWish({Value::rfc3720}, false);
    case TaskReporting::response_fence:
      return {Value::response_fence, Value::rfc3720};
    case TaskReporting::fast_abort:
      return {Value::fast_abort, Value::response_fence, Value::rfc3720};
  }
  return {};
}

text::Policy make_policy(const Url& url, const Options& options) {
  text::Policy policy;
  const auto prefer = [&](KeyId id, std::uint32_t value) {
    const text::KeyInfo& info = text::info_of(id);
    policy.number(id).preferred = std::clamp(value, info.lowest, info.highest);
  };
  prefer(KeyId::max_recv_data_segment_length, options.max_recv_data_segment_length);
  prefer(KeyId::max_burst_length, options.max_burst_length);
  prefer(KeyId::first_burst_length, options.first_burst_length);
  prefer(KeyId::max_outstanding_r2t, options.max_outstanding_r2t);
  prefer(KeyId::default_time2wait, options.default_time2wait_s);
  // Fewer will do.
  policy.number(KeyId::max_connections) = {.preferred = std::max(1U, url.connections), .worst = 1};
  prefer(KeyId::error_recovery_level, url.erl);
  prefer(KeyId::initial_r2t, options.initial_r2t ? 1 : 0);
  prefer(KeyId::immediate_data, options.immediate_data ? 1 : 0);
  prefer(KeyId::data_pdu_in_order, options.data_pdu_in_order ? 1 : 0);
  prefer(KeyId::data_sequence_in_order, options.data_sequence_in_order ? 1 : 0);
  policy.header_digest = wish(options.header_digest, url.header_digest);
  policy.data_digest = wish(options.data_digest, url.data_digest);
  // A target of the RFC 3720 age knows neither key, and the defaults hold.
  policy.number(KeyId::protocol_level) = {
      .preferred = options.protocol_level, .worst = 0, .offer = options.protocol_level > 1};
  policy.task_reporting = task_reporting_wish(options.task_reporting);
  policy.tolerate_rfc3720_peer = true;
  return policy;
}

/// Qualifier and random part of the given number, or all of it random.
//= rfc7143#11.12.5
wire::Isid make_isid(const Options& options, session::EntropySource& entropy) {
  std::array<std::byte, 8> random;
  entropy.fill(random);
  const std::uint64_t number = options.isid.value_or(load_be64(random.data()));
  return wire::Isid::from_random(static_cast<std::uint32_t>(number >> 16) & 0xffffff,
                                 static_cast<std::uint16_t>(number));
}

Result<> add_chap(session::InitiatorProfile& profile, const Url& url, const Options& options) {
  profile.chap_settings.allow_short_secrets = options.allow_short_chap_secrets;
  profile.chap_settings.algorithms.clear();
  for (const std::uint8_t number : options.chap_algorithms) {
    const auto algorithm = text::chap_algorithm(number);
    if (!algorithm) return wrong("CHAP algorithm " + std::to_string(number) + " is not known");
    profile.chap_settings.algorithms.push_back(*algorithm);
  }
  if (url.user.empty()) return {};
  if (url.secret.empty()) return wrong("the CHAP user " + url.user + " has no secret");
  profile.chap = text::ChapAccount{.name = url.user, .secret = text::ChapSecret(url.secret)};
  if (url.target_user.empty()) return {};
  if (url.target_secret.empty()) return wrong("the CHAP target user " + url.target_user + " has no secret");
  profile.target_chap = text::ChapAccount{.name = url.target_user, .secret = text::ChapSecret(url.target_secret)};
  return {};
}

}  // namespace

Result<session::InitiatorProfile> make_profile(const Url& url, const Options& options, text::SessionType type,
                                               session::EntropySource& entropy) {
  const auto own = text::IscsiName::parse(options.initiator_name);
  if (!own) return wrong("initiator name " + options.initiator_name + ": " + std::string(describe(own.error())));
  session::InitiatorProfile profile;
  profile.initiator_name = own->text();
  profile.initiator_alias = options.initiator_alias;
  profile.session_type = type;
  profile.isid = make_isid(options, entropy);
  profile.policy = make_policy(url, options);
  if (type == text::SessionType::normal) {
    // Targets are called what they are called: what their name looks like is for them to know.
    const auto target = text::IscsiName::parse(url.target, text::NameRules::lenient);
    if (!target) return wrong("target name " + url.target + ": " + std::string(describe(target.error())));
    profile.target_name = target->text();
  }
  if (auto added = add_chap(profile, url, options); !added) return std::unexpected(std::move(added.error()));
  return profile;
}

session::InitiatorConnectionLimits make_limits(const Options& options) {
  session::InitiatorConnectionLimits limits;
  limits.login_time = options.login_timeout;
  limits.ping_after = options.ping_interval;
  if (options.ping_interval.count() != 0) limits.ping_timeout = options.ping_interval;
  return limits;
}

}  // namespace lunway::initiator
