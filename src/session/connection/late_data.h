// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Task tags whose tasks ended while the initiator still had data to send for them. That data is dropped in silence: it
// was sent in good faith.
//= rfc7143#4.2.3.3

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "wire/numbers.h"

namespace lunway::session {

class LateData {
 public:
  void expect(wire::Itt itt) { tags_[next_++ % tags_.size()] = itt; }

  bool expects(wire::Itt itt) const { return itt != wire::kNoItt && std::ranges::find(tags_, itt) != tags_.end(); }

  /// The tag belongs to a new task, or its last data has come.
  void forget(wire::Itt itt) { std::ranges::replace(tags_, itt, wire::kNoItt); }

 private:
  static constexpr std::size_t kRemembered = 32;

  std::array<wire::Itt, kRemembered> tags_ = [] {
    std::array<wire::Itt, kRemembered> none;
    none.fill(wire::kNoItt);
    return none;
  }();
  std::size_t next_ = 0;
};

}  // namespace lunway::session
