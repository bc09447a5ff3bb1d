// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/check/rows_of_the_checker.h"

#include <vector>

#include "conformance/check/rule.h"

namespace lunway::conformance {
namespace {

std::vector<Rows> rows_of_all_rules() {
  std::vector<Rows> rows;
  for (const CheckerRule* rule : checker_rules()) rows.push_back(rule->proves);
  return rows;
}

}  // namespace

std::span<const Rows> rows_of_the_checker() {
  static const std::vector<Rows> kRows = rows_of_all_rules();
  return kRows;
}

}  // namespace lunway::conformance
