// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What one side wants from a negotiation, and what it puts up with.

#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

#include "text/key_table.h"
#include "text/parameters.h"

namespace lunway::text {

/// Our side of one number or boolean (No is 0, Yes is 1). The result lies between the two values, both included. By
/// the rules of section 13 the peer can only move it from `preferred` towards `worst`: down for Minimum and AND, up
/// for Maximum and OR.
struct NumberWish {
  std::uint32_t preferred = 0;
  std::uint32_t worst = 0;
  /// The initiator offers it unasked. A side whose default is no acceptable result offers it in any case.
  bool offer = true;
};

/// Our side of one list: values that we accept, best first.
class ListWish {
 public:
  static constexpr std::size_t kCapacity = 4;

  ListWish() = default;
  template <class Word>
  ListWish(std::initializer_list<Word> best_first, bool offered = true) : offer(offered) {
    assert(best_first.size() <= kCapacity);
    for (const Word word : best_first) values_[size_++] = static_cast<std::uint8_t>(word);
  }

  std::span<const std::uint8_t> values() const { return {values_.data(), size_}; }

  bool offer = false;

 private:
  std::array<std::uint8_t, kCapacity> values_{};
  std::uint8_t size_ = 0;
};

/// The default asks for the RFC's defaults and accepts every value that the RFC allows, except that only one
/// connection, ErrorRecoveryLevel 0 and one R2T are agreed to until somebody says more.
///
///   Policy policy;
///   policy.number(KeyId::max_burst_length) = {.preferred = 1 << 20, .worst = 4096};
///   policy.list(KeyId::header_digest) = {Digest::crc32c, Digest::none};
struct Policy {
  Policy();

  NumberWish& number(KeyId id) { return numbers[index_of(id)]; }
  const NumberWish& number(KeyId id) const { return numbers[index_of(id)]; }
  ListWish& list(KeyId id);
  const ListWish& list(KeyId id) const;

  /// Minimum, maximum and boolean keys; of MaxRecvDataSegmentLength `preferred` is what we declare.
  std::array<NumberWish, kKeyCount> numbers;
  ListWish header_digest{Digest::none};
  ListWish data_digest{Digest::none};
  /// Offered only on demand: peers of the RFC 3720 age answer NotUnderstood. An offer always names RFC3720 and
  /// ResponseFence, as section 13.23 wants.
  ListWish task_reporting{{TaskReporting::response_fence, TaskReporting::rfc3720}, false};

  /// X#NodeArchitecture, sent when not empty. It describes the program, not its user (section 13.26.2).
  std::string node_architecture;

  /// NotUnderstood, or no answer, for a key that RFC 5048 introduced ends that key's negotiation instead of the login.
  bool tolerate_rfc3720_peer = false;
  /// InitiatorName, InitiatorAlias, TargetName and SessionType may come again in a later stage of the same login, with
  /// the same value. The RFC forbids it; older initiators do it all the same.
  bool tolerate_repeated_names = false;
};

}  // namespace lunway::text
