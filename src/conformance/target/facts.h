// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The target under test: what the operator said of it, and what the probe has found.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "conformance/script/account.h"
#include "conformance/script/script.h"
#include "conformance/script/test.h"
#include "runtime/address.h"

namespace lunway::conformance {

/// What the operator gives.
struct TargetUnderTest {
  runtime::Address address;
  std::string name;  // TargetName
  unsigned lun = 0;
  /// Ours, for CHAP.
  std::optional<Account> account;
  /// The target's own, for mutual CHAP.
  std::optional<Account> target_account;
  /// Tests may write to the LUN.
  bool may_write = false;
  /// A shell command that starts the target again; empty: there is none.
  std::string restart_command;
  /// What the names of the tests' initiators begin with; for targets with a list of who may log in.
  std::string initiator_name_stem = "iqn.2026-11.io.lunway:conform";
};

/// What the probe finds.
struct TargetFacts {
  Needs abilities;
  /// Empty when a login works; else why nothing can be tested.
  std::string trouble;
  std::uint16_t portal_group_tag = 0;
  /// As the target answers when everything is offered.
  Text answers;
  std::uint32_t block_size = 0;  // bytes
  std::uint64_t blocks = 0;
  std::optional<unsigned> second_lun;
};

}  // namespace lunway::conformance
