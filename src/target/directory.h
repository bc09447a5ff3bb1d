// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The engine's questions about the configuration, answered from the catalog and the list of portals.

#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "session/target_directory.h"
#include "target/catalog.h"
#include "target/session_registry.h"
#include "text/target_address.h"

namespace lunway::target {

/// A listening address with its portal group. Portal::id is its place in the list.
struct ServedPortal {
  text::TargetAddress address;  // with its portal group tag
  bool is_wildcard = false;     // listens on every address of its family
};

/// Threads: any.
class Directory final : public session::TargetDirectory {
 public:
  /// `sessions` outlives it; without there is none that a login could join.
  Directory(std::shared_ptr<const Catalog> catalog, std::vector<ServedPortal> portals,
            const SessionRegistry* sessions = nullptr)
      : catalog_(std::move(catalog)), portals_(std::move(portals)), sessions_(sessions) {}

  std::expected<session::LoginPolicy, session::LoginRefusal> admit(const session::LoginAttempt& attempt) override;

  std::vector<text::TargetRecord> list_targets(const session::Portal& portal, const text::IscsiName& initiator,
                                               const std::optional<text::IscsiName>& target) override;

  /// As it is now. Who looks at several things of it keeps one and the same.
  std::shared_ptr<const Catalog> catalog() const;
  /// For all questions from now on. Logins that have begun keep what they were told.
  void replace(std::shared_ptr<const Catalog> catalog);

 private:
  bool has_session_for(const session::LoginAttempt& attempt, std::uint16_t portal_group_tag) const;
  std::vector<text::TargetAddress> addresses_of(const ServedTarget& target, const session::Portal& reached) const;

  mutable std::mutex mutex_;
  std::shared_ptr<const Catalog> catalog_;  // guarded by mutex_
  const std::vector<ServedPortal> portals_;
  const SessionRegistry* const sessions_;
};

}  // namespace lunway::target
