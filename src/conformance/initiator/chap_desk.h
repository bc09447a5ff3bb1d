// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The target's part of CHAP, one way or both.
//= rfc7143#12.1.3

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "conformance/peer/pdu.h"
#include "conformance/script/account.h"

namespace lunway::conformance {

class ChapDesk {
 public:
  /// `account` is the initiator's, `target_account` our own. Both outlive the desk.
  ChapDesk(const std::optional<Account>& account, const std::optional<Account>& target_account, std::uint32_t random);

  /// Answers the keys of one request. Nothing when they make no step of CHAP, or prove nothing.
  std::optional<Text> answer(const Text& heard);
  /// The initiator has proved who it is.
  bool is_done() const { return done_; }

 private:
  std::optional<Text> challenge(const std::string& algorithms);
  std::optional<Text> check(const Text& heard);

  const std::optional<Account>& account_;
  const std::optional<Account>& target_account_;
  std::uint32_t random_;
  unsigned algorithm_ = 0;
  std::vector<std::byte> challenge_;
  bool done_ = false;
};

/// CHAP_R for a challenge as it was sent; nothing when the values make no sense.
std::optional<std::string> chap_response(unsigned algorithm, std::string_view identifier, std::string_view challenge,
                                         const std::string& secret);

}  // namespace lunway::conformance
