// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The negotiation of operational parameters, for both roles, for the Login Phase and for the Full Feature Phase. It
// also keeps the order of all other keys: stage, sender, leading connection, no repetition.
//= rfc7143#6.2
//= rfc7143#13
//
// One Negotiator lives through one whole Login Phase, or through one Text sequence of the Full Feature Phase. Its
// values take effect when the caller takes them after finish(); one that is thrown away before has changed nothing.
//
//   for each pair of the peer's LTDS:  receive(pair)            feed the whole LTDS first
//   compose(writer, closing)                                    then everything that we have to say
//   ...
//   finish()  session_parameters()  connection_parameters()
//
// Answers are made in compose() and not in receive(), because an answer may depend on a key that comes later in the
// same text: SessionType makes keys irrelevant, InitialR2T and ImmediateData together make FirstBurstLength so.

#pragma once

#include <array>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/key_table.h"
#include "text/key_value.h"
#include "text/parameters.h"
#include "text/policy.h"
#include "text/violation.h"

namespace lunway::text {

class Negotiator {
 public:
  struct Start {
    Role role;
    Stage stage = Stage::security;
    /// What the initiator declares; a target learns it from the SessionType key.
    SessionType session_type = SessionType::normal;
    /// The connection that creates the session. On others, and in the Full Feature Phase, give `session`.
    bool leading_connection = true;
    SessionParameters session = {};
    ConnectionParameters connection = {};
  };

  Negotiator(const Start& start, const Policy& policy);

  /// What became of a received pair.
  enum class Received : std::uint8_t {
    kept,        // nothing left to do for the caller; declarations are kept in declared()
    for_caller,  // AuthMethod and the keys of the methods, SendTargets, TargetAddress
  };

  /// Takes one pair from the peer. After a violation the negotiation is over.
  [[nodiscard]] std::expected<Received, Violation> receive(const KeyValue& pair);

  /// Adds our answers to what was received, our declarations and our offers. `closing`: the peer wants to end this
  /// stage or sequence (T or F bit), so a target now speaks up about values it cannot work with.
  [[nodiscard]] std::optional<Violation> compose(TextWriter& out, bool closing);

  /// We sent an offer that may still be answered: a target cannot set the T or F bit now.
  bool awaits_answer() const;

  /// The Login Phase moves on. Repetition is judged over the whole Login Phase.
  void enter(Stage stage) { stage_ = stage; }

  /// The negotiation ends. Checks what can only be known now: missing answers, integrity rules, our own limits. An
  /// initiator calls it after the target's last text, with no compose() in between: there is no turn left.
  [[nodiscard]] std::optional<Violation> finish();

  /// After finish() without a violation.
  SessionParameters session_parameters() const;
  ConnectionParameters connection_parameters() const;

  SessionType session_type() const { return session_type_; }

  /// What the peer declared: names, aliases, TargetPortalGroupTag, X#NodeArchitecture. The value has passed the limits
  /// of its type only: an iSCSI name is still to be parsed.
  std::optional<std::string_view> declared(KeyId id) const;

 private:
  enum class Progress : std::uint8_t {
    untouched,
    offered,   // by us, no answer yet
    proposed,  // by the peer, our answer comes with compose()
    settled,
  };

  /// A key that waits for our answer; `text` is the name of an unknown key.
  struct Pending {
    std::optional<KeyId> key;
    std::string text;
  };

  struct Slot {
    Progress progress = Progress::untouched;
    bool declared_by_us = false;
    bool declared_by_peer = false;
    Stage declared_in = Stage::security;  // by the peer
    bool agreed = false;                  // `value` is what an offer and its answer made
    std::uint32_t value = 0;              // in force, or agreed
    std::uint32_t offer = 0;              // ours; of lists unused
    std::string proposal;                 // the peer's, and what it declared
  };

  using Outcome = std::optional<Violation>;

  std::expected<Received, Violation> receive_unknown(const KeyValue& pair);
  Outcome admit(const KeyInfo& info, std::string_view value) const;
  Outcome take_declaration(const KeyInfo& info, std::string_view value);
  Outcome take_proposal(const KeyInfo& info, std::string_view value);
  Outcome take_answer(const KeyInfo& info, std::string_view value);
  Outcome take_refusal(const KeyInfo& info, std::string_view word);
  bool is_tolerated_repetition(const KeyInfo& info, std::string_view value) const;

  Outcome answer_pending(TextWriter& out);
  Outcome answer(const KeyInfo& info, TextWriter& out);
  std::optional<std::uint32_t> select(const KeyInfo& info, std::string_view proposal) const;
  Outcome declare(TextWriter& out);
  Outcome offer_due(TextWriter& out, bool closing);
  Outcome offer(const KeyInfo& info, TextWriter& out);
  bool wants_to_offer(const KeyInfo& info, bool closing) const;
  std::string offered_list(const KeyInfo& info) const;
  bool is_offered(const KeyInfo& info, std::uint32_t value) const;

  Outcome settle_pending();
  Outcome settle_unanswered();
  Outcome enforce_integrity();

  NumberWish wish_of(const KeyInfo& info) const;
  std::uint32_t upper_bound_of(const KeyInfo& info) const;
  std::uint32_t prospect(KeyId id) const;
  bool is_negotiable(const KeyInfo& info) const;
  bool is_irrelevant(const KeyInfo& info) const;
  bool is_acceptable(const KeyInfo& info, std::uint32_t value) const;
  bool allows_unsolicited_data() const;

  Slot& slot(KeyId id) { return slots_[index_of(id)]; }
  const Slot& slot(KeyId id) const { return slots_[index_of(id)]; }
  std::uint32_t value(KeyId id) const { return slot(id).value; }

  Role role_;
  Stage stage_;
  SessionType session_type_;
  bool leading_connection_;
  Policy policy_;
  ConnectionParameters connection_;
  std::array<Slot, kKeyCount> slots_;
  std::vector<Pending> pending_;
};

}  // namespace lunway::text
