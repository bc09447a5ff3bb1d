// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Tests that say the same of many things: of each key, of each PDU. Each is a test of its own, with an id of its own,
// and finds what it is about by Test::variant.

#pragma once

#include <list>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/script/test.h"

namespace lunway::conformance {

/// Owns what its tests say. A section keeps it in a static variable.
class Family {
 public:
  /// `test` with texts of its own; the views in it may be temporary.
  void add(Test test) {
    test.id = keep(test.id);
    test.title = keep(test.title);
    test.about = keep(test.about);
    tests_.push_back(test);
  }
  std::span<const Test> tests() const { return tests_; }

 private:
  std::string_view keep(std::string_view text) { return texts_.emplace_back(text); }

  std::list<std::string> texts_;
  std::vector<Test> tests_;
};

}  // namespace lunway::conformance
