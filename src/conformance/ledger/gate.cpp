// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/ledger/gate.h"

namespace lunway::conformance {

namespace {

std::string too_many(std::string_view role, std::size_t open, std::size_t allowed) {
  std::string sentence = "the ledger has ";
  sentence += std::to_string(open) + " rows of the ";
  sentence += role;
  sentence += " role that nothing proves, ";
  return sentence + std::to_string(allowed) + " are allowed: lunway conform coverage --open lists them";
}

}  // namespace

std::vector<std::string> complaints_of_the_gate(const Coverage& coverage, OpenRows allowed) {
  std::vector<std::string> complaints = coverage.complaints();
  const std::size_t of_targets = coverage.counts(wire::Role::target).open;
  const std::size_t of_initiators = coverage.counts(wire::Role::initiator).open;
  if (of_targets > allowed.target) complaints.push_back(too_many("target", of_targets, allowed.target));
  if (of_initiators > allowed.initiator) {
    complaints.push_back(too_many("initiator", of_initiators, allowed.initiator));
  }
  return complaints;
}

}  // namespace lunway::conformance
