// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A peer that negotiates anything, with either role and in every stage: our answers are well-formed, and a negotiation
// that ends well ends within our limits and the RFC's.
//= rfc7143#6.2

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "text/key_value.h"
#include "text/negotiator.h"

namespace {

using namespace lunway;        // NOLINT(google-build-using-namespace)
using namespace lunway::text;  // NOLINT(google-build-using-namespace)

void require(bool law) {
  if (!law) std::abort();
}

Policy policy_from(std::uint8_t choice) {
  Policy policy;
  policy.number(KeyId::error_recovery_level).preferred = choice & 1 ? 2 : 0;
  policy.number(KeyId::max_outstanding_r2t).preferred = choice & 2 ? 64 : 1;
  policy.number(KeyId::max_burst_length).preferred = choice & 4 ? 16384 : 262144;
  policy.number(KeyId::initial_r2t).preferred = choice & 8 ? 0 : 1;
  policy.number(KeyId::protocol_level).preferred = choice & 16 ? 2 : 1;
  if (choice & 32) policy.header_digest = policy.data_digest = {Digest::crc32c, Digest::none};
  policy.tolerate_repeated_names = (choice & 64) != 0;
  return policy;
}

void check(const SessionParameters& result, const Policy& policy) {
  require(result.first_burst_length <= result.max_burst_length);
  require(result.max_burst_length <= policy.number(KeyId::max_burst_length).preferred);
  require(result.max_connections == 1 && result.error_recovery_level <= 2);
  require(result.error_recovery_level == 0 || !result.data_sequence_in_order || result.max_outstanding_r2t == 1);
}

/// The peer speaks three times. Answers are well-formed, and a good end has good values.
void negotiate(std::string_view text, Role role, Stage stage, const Policy& policy) {
  Negotiator negotiator({.role = role, .stage = stage}, policy);
  TextWriter out;
  PairReader reader(text);
  bool talking = !negotiator.compose(out, false);
  for (int exchange = 0; talking && exchange < 3; ++exchange) {
    for (int i = 0; talking && i < 8; ++i) {
      const auto pair = reader.next();
      if (!pair) break;
      talking = negotiator.receive(*pair).has_value();
    }
    // An initiator has no turn after the last text.
    const bool our_turn = role == Role::target || exchange < 2;
    talking = talking && !(our_turn && negotiator.compose(out, exchange == 2));
    if (exchange == 0 && stage == Stage::security) negotiator.enter(Stage::operational);
  }
  PairReader ours(out.text());
  while (ours.next()) {
  }
  require(!ours.fault());
  if (talking && !negotiator.finish() && stage != Stage::full_feature) check(negotiator.session_parameters(), policy);
}

}  // namespace

// libFuzzer knows this function by its name.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view text = lunway::text_of(std::as_bytes(std::span(data, size)).subspan(2));
  const Policy policy = policy_from(data[0]);
  for (const Stage stage : {Stage::security, Stage::operational, Stage::full_feature}) {
    negotiate(text, data[1] & 1 ? Role::initiator : Role::target, stage, policy);
  }
  return 0;
}
