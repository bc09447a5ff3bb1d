// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The passive invariant checker: it sees each PDU of a test and says which rules the side under judgement broke. It
// never blames a side for its answer to a lie: after the first PDU of the other side that breaks a rule, only what a
// side says by itself is judged in that session.

#pragma once

#include <optional>
#include <set>
#include <span>
#include <vector>

#include "conformance/check/model.h"
#include "conformance/check/rule.h"
#include "conformance/check/sight.h"
#include "conformance/peer/exchange.h"

namespace lunway::conformance {

/// Not thread-safe: it belongs to one exchange.
class InvariantChecker final : public Witness, private Judge {
 public:
  /// Judges both sides, but never what a script sent.
  InvariantChecker() = default;
  explicit InvariantChecker(wire::Role judged) : judged_(judged) {}

  void on_event(const Event& event) override;

  /// In order; of each rule the first on each connection.
  std::span<const Violation> violations() const { return violations_; }

 private:
  void violated(const CheckerRule& rule, const Event& event, std::string expected, std::string got) override;
  bool is_judged(const Event& event) const { return !event.by_script && (!judged_ || *judged_ == event.sender); }

  std::optional<wire::Role> judged_;
  Model model_;
  std::size_t events_ = 0;
  std::vector<Violation> violations_;
  std::set<std::tuple<const CheckerRule*, unsigned, wire::Role>> told_;
};

}  // namespace lunway::conformance
