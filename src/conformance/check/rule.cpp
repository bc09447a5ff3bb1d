// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//

#include "conformance/check/rule.h"

#include "conformance/check/families.h"

namespace lunway::conformance {
namespace {

constexpr const Family* kFamilies[] = {
    &kHeaderFamily, &kSegmentFamily, &kStatusNumberFamily, &kCommandNumberFamily, &kLoginFamily,
    &kTagFamily,    &kCommandFamily, &kDataInFamily,       &kR2tFamily,           &kDataOutFamily,
    &kStatusFamily, &kPingFamily,    &kTextFamily,         &kRequestFamily,
};

std::vector<const CheckerRule*> all_rules() {
  std::vector<const CheckerRule*> rules;
  for (const Family* family : families()) {
    rules.insert(rules.end(), family->rules.begin(), family->rules.end());
  }
  return rules;
}

}  // namespace

std::span<const Family* const> families() { return kFamilies; }

std::span<const CheckerRule* const> checker_rules() {
  static const std::vector<const CheckerRule*> kRules = all_rules();
  return kRules;
}

}  // namespace lunway::conformance
