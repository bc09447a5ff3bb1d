// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What both roles of CHAP share: keys of a step, failures and their statuses.

#include "text/chap.h"

#include "text/key_table.h"

namespace lunway::text {

ChapStatus status_of(ChapFailure failure) {
  switch (failure) {
    case ChapFailure::unexpected_key:
    case ChapFailure::malformed_value:
    case ChapFailure::algorithm_not_offered:
      return ChapStatus::initiator_error;
    case ChapFailure::missing_key:
      return ChapStatus::missing_parameter;
    default:
      return ChapStatus::authentication_failure;
  }
}

std::string_view describe(ChapFailure failure) {
  switch (failure) {
    case ChapFailure::unexpected_key:
      return "a key that does not belong to this step of CHAP";
    case ChapFailure::missing_key:
      return "a key of this step of CHAP is missing";
    case ChapFailure::malformed_value:
      return "a malformed value of a CHAP key";
    case ChapFailure::algorithm_not_offered:
      return "a CHAP algorithm that was not offered";
    case ChapFailure::no_common_algorithm:
      return "no CHAP algorithm that both sides have";
    case ChapFailure::unknown_name:
      return "a CHAP name without an account here";
    case ChapFailure::wrong_response:
      return "a wrong CHAP response";
    case ChapFailure::reflected_challenge:
      return "our own CHAP challenge came back";
    case ChapFailure::same_secret:
      return "the same CHAP secret is used in both directions";
    case ChapFailure::short_secret:
      return "a CHAP secret of less than 96 bits";
    case ChapFailure::no_own_account:
      return "the initiator wants us to authenticate, and no account is configured for that";
  }
  return "";
}

std::expected<ChapKeys, ChapFailure> ChapKeys::from(std::span<const KeyValue> pairs) {
  ChapKeys keys;
  for (const KeyValue& pair : pairs) {
    std::optional<std::string_view>* slot = nullptr;
    if (pair.key == info_of(KeyId::chap_a).name) slot = &keys.algorithm;
    if (pair.key == info_of(KeyId::chap_i).name) slot = &keys.identifier;
    if (pair.key == info_of(KeyId::chap_c).name) slot = &keys.challenge;
    if (pair.key == info_of(KeyId::chap_n).name) slot = &keys.name;
    if (pair.key == info_of(KeyId::chap_r).name) slot = &keys.response;
    if (slot == nullptr || *slot) return std::unexpected(ChapFailure::unexpected_key);
    *slot = pair.value;
  }
  return keys;
}

}  // namespace lunway::text
