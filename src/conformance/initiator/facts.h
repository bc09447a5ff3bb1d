// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The initiator under test: the commands that start it, and what the probe has found.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "conformance/peer/pdu.h"
#include "conformance/script/account.h"
#include "conformance/script/test.h"
#include "runtime/address.h"

namespace lunway::conformance {

/// What a driver command is to make the initiator do.
enum class Traffic : std::uint8_t { any, reads, writes, discovers };
inline constexpr std::size_t kTrafficCount = 4;

/// What the operator gives. In commands {url}, {portal}, {target} and {lun} stand for what a test has of its own.
struct InitiatorUnderTest {
  /// Where the tests listen; the port is chosen by the system.
  runtime::Address listen;
  /// By Traffic; only the first must be there.
  std::array<std::string, kTrafficCount> commands;
  /// The initiator's own, for CHAP.
  std::optional<Account> account;
  /// What it shall demand of the target, for mutual CHAP.
  std::optional<Account> target_account;
};

/// What the probe finds.
struct InitiatorFacts {
  Needs abilities;
  /// Empty when a driver command works; else why nothing can be tested.
  std::string trouble;
  /// Driver commands that do not work, and why; their tests do not apply.
  std::vector<std::string> remarks;
  /// The command for each kind of traffic; empty when none makes it.
  std::array<std::string, kTrafficCount> commands;
  /// The keys of its first login, names and all.
  Text offers;
};

}  // namespace lunway::conformance
