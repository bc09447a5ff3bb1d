// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Task tags whose tasks ended while the initiator still had data to send for them. That data is dropped in silence: it
// was sent in good faith. For tasks that an Asynchronous Message announced this lasts until the initiator has confirmed
// the message; for others, until the tag is used again.
//= rfc7143#4.2.3.3
//= rfc7143#4.2.3.4

#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "wire/numbers.h"

namespace lunway::session {

class LateData {
 public:
  /// At most `most` tags, the oldest of which make room: as many as there can be tasks at a time.
  void set_limit(std::size_t most) { limit_ = most; }
  std::size_t limit() const { return limit_; }

  void expect(wire::Itt itt, wire::Lun lun, bool announced) {
    forget(itt);
    if (tags_.size() == limit_) tags_.erase(tags_.begin());
    tags_.push_back({itt, lun, announced});
  }

  bool expects(wire::Itt itt) const { return std::ranges::find(tags_, itt, &Tag::itt) != tags_.end(); }

  /// The tag belongs to a new task.
  void forget(wire::Itt itt) {
    std::erase_if(tags_, [itt](const Tag& tag) { return tag.itt == itt; });
  }

  /// The initiator sends nothing more for what was announced of this logical unit.
  void confirmed(wire::Lun lun) {
    std::erase_if(tags_, [lun](const Tag& tag) { return tag.announced && tag.lun == lun; });
  }

 private:
  struct Tag {
    wire::Itt itt;
    wire::Lun lun;
    bool announced = false;
  };

  std::size_t limit_ = 32;
  std::vector<Tag> tags_;
};

}  // namespace lunway::session
