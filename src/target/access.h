// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Who may use a target, and which of its LUNs: the access lists of a target in the form that logins ask for.
//= rfc7143#9.1

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "runtime/address.h"
#include "runtime/network.h"
#include "target/server_config.h"
#include "text/chap.h"
#include "text/name.h"
#include "text/target_address.h"

namespace lunway::target {

/// What is asked about: an initiator's name, and where it connects from.
struct Initiator {
  const text::IscsiName& name;
  /// Unset: not known. Then no list of addresses admits it.
  std::optional<runtime::Address> address;
};

/// Both lists must admit. An empty one admits everybody.
class AccessList {
 public:
  static Result<AccessList> parse(const TargetConfig& target);

  bool admits(const Initiator& initiator) const;

 private:
  std::vector<text::NamePattern> names_;
  std::vector<runtime::Network> addresses_;
};

/// Who may prove to be whom: a CHAP user is bound to the iSCSI names that may be it.
//= rfc7143#9.2
class ChapUsers {
 public:
  static Result<ChapUsers> parse(std::span<const ChapUser> users);

  /// Whether an initiator of this name can get in at all.
  bool admit(const text::IscsiName& initiator) const;
  /// The accounts of the users that an initiator of this name may be. The others do not exist for it.
  std::vector<text::ChapAccount> accounts_for(const text::IscsiName& initiator) const;

 private:
  struct User {
    text::ChapAccount account;
    std::vector<text::NamePattern> initiators;

    bool may_be(const text::IscsiName& initiator) const;
  };
  std::vector<User> users_;
};

/// Which LUNs whom is shown. An initiator sees what any of the rules that name it shows; without rules all see all.
class LunVisibility {
 public:
  static Result<LunVisibility> parse(std::span<const LunAccessConfig> rules);

  bool shows_all() const { return rules_.empty(); }
  bool shows(std::uint16_t lun, const text::IscsiName& initiator) const;

 private:
  struct Rule {
    std::vector<text::NamePattern> initiators;
    std::vector<std::uint16_t> luns;
  };
  std::vector<Rule> rules_;
};

/// The address of a redirection: without a portal group tag.
//= rfc7143#13.8
Result<text::TargetAddress> parse_redirection(const RedirectConfig& redirect);

/// The first thing wrong with who may reach what in `target`, as a sentence. For check_config().
Result<> check_access(const TargetConfig& target, const ServerConfig& config);

}  // namespace lunway::target
