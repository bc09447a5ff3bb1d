// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A session as a ladder: two poles, an arrow for each PDU of the login and the logout, and one pair of arrows for
// everything in between.

#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cli/terminal.h"
#include "lunway/initiator.h"

namespace lunway::cli {

class Ladder {
 public:
  /// For Options::on_pdu.
  void observe(const initiator::PduSeen& pdu);

  /// Lines that end with a newline each. CHAP values are shortened: they are of no use to a reader.
  std::string draw(const Paint& paint) const;

  /// How many PDUs went by.
  std::size_t size() const { return seen_; }

 private:
  struct Rung {
    initiator::Direction direction = initiator::Direction::sent;
    std::string label;
    std::vector<std::string> notes;
  };

  void count_bulk(const initiator::PduSeen& pdu);
  void flush_bulk();

  std::vector<Rung> rungs_;
  std::map<std::string, std::size_t> sent_, received_;  // PDUs between login and logout, by name
  std::size_t seen_ = 0;
};

}  // namespace lunway::cli
