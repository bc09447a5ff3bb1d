// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Every text key that RFC 7143 and RFC 7144 define, in one table. Parser, negotiator, help texts, documents and
// conformance cases read this table; none of them has a list of its own.
//= rfc7143#12
//= rfc7143#13
//= rfc7144#7.1.1

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace lunway::text {

enum class Role : std::uint8_t { initiator, target };

constexpr Role peer_of(Role role) { return role == Role::initiator ? Role::target : Role::initiator; }

/// Where a negotiation takes place. The numbers are the CSG codes of the login PDUs.
enum class Stage : std::uint8_t { security = 0, operational = 1, full_feature = 3 };

enum class SessionType : std::uint8_t { discovery, normal };

/// The order is the order of the table, and the order in which we offer.
enum class KeyId : std::uint8_t {
  // Section 12: security keys.
  auth_method,
  chap_a,
  chap_i,
  chap_c,
  chap_n,
  chap_r,
  krb_ap_req,
  krb_ap_rep,
  srp_u,
  srp_group,
  srp_a,
  srp_b,
  srp_s,
  srp_m,
  srp_hm,
  target_auth,
  // Section 13: declarations and requests.
  session_type,
  initiator_name,
  initiator_alias,
  target_name,
  target_alias,
  target_address,
  target_portal_group_tag,
  send_targets,
  max_recv_data_segment_length,
  node_architecture,
  // Section 13: what is negotiated.
  header_digest,
  data_digest,
  max_connections,
  initial_r2t,
  immediate_data,
  max_burst_length,
  first_burst_length,
  default_time2wait,
  default_time2retain,
  max_outstanding_r2t,
  data_pdu_in_order,
  data_sequence_in_order,
  error_recovery_level,
  task_reporting,
  protocol_level,
  // Section 13.25: obsolete, still received.
  if_marker,
  of_marker,
  if_mark_int,
  of_mark_int,
};

inline constexpr std::size_t kKeyCount = static_cast<std::size_t>(KeyId::of_mark_int) + 1;

constexpr std::size_t index_of(KeyId id) { return static_cast<std::size_t>(id); }

/// How a value comes about.
enum class Rule : std::uint8_t {
  declarative,     // one side says, the other listens
  minimum,         // the result cannot exceed the offer
  maximum,         // the result cannot be lower than the offer
  boolean_and,     // the minimum of two booleans
  boolean_or,      // the maximum of two booleans
  list,            // the first of the offered values that the responder supports
  authentication,  // a step of an authentication method gives it its meaning
  request,         // asks for a list of targets
  obsolete,        // always answered Reject
};

enum class ValueType : std::uint8_t { text, number, boolean, list, iscsi_name, local_name, binary };

/// "Use" of section 13.
enum class Use : std::uint8_t {
  leading_only,       // LO: login of the leading connection
  initialize_only,    // IO: login of any connection
  all,                // ALL: login and Full Feature Phase
  full_feature_only,  // FFPO
};

enum class Scope : std::uint8_t { session_wide, connection_only };

/// Stages as a set of bits.
using Stages = std::uint8_t;
inline constexpr Stages kNoStage = 0;
inline constexpr Stages kSecurity = 1;
inline constexpr Stages kOperational = 2;
inline constexpr Stages kFullFeature = 4;
inline constexpr Stages kLogin = kSecurity | kOperational;
inline constexpr Stages kAnyStage = kLogin | kFullFeature;

constexpr Stages bit_of(Stage stage) {
  switch (stage) {
    case Stage::security:
      return kSecurity;
    case Stage::operational:
      return kOperational;
    case Stage::full_feature:
      return kFullFeature;
  }
  return kNoStage;
}

/// What a peer's NotUnderstood for the key means.
//= rfc7143#6.2
enum class NotUnderstood : std::uint8_t {
  protocol_error,  // RFC 7143 defines the key: everybody must know it
  rfc5048_key,     // the same, but a peer of the RFC 3720 age cannot know it
  concludes,       // the key's own text allows the answer
};

/// What a word of a list, a boolean or a session type means is its place in this list.
using Words = std::span<const std::string_view>;

struct KeyInfo {
  KeyId id;
  std::string_view name;
  Rule rule;
  ValueType type;
  Use use;
  Scope scope;
  Stages from_initiator;  // the stages in which the initiator may send it; none: it may not
  Stages from_target;
  std::string_view section;  // as the RFC citations write it

  /// Numbers, booleans (No is 0, Yes is 1) and words: the range and the default. Unused by texts.
  std::uint32_t lowest = 0;
  std::uint32_t highest = 0;
  std::uint32_t default_value = 0;
  Words words = {};

  /// "Irrelevant when: SessionType=Discovery"
  bool irrelevant_in_discovery = false;
  /// May be sent more than once in one negotiation.
  bool repeatable = false;
  NotUnderstood not_understood = NotUnderstood::protocol_error;

  constexpr Stages sent_by(Role sender) const { return sender == Role::initiator ? from_initiator : from_target; }
  constexpr bool allowed_in(Stage stage, Role sender) const { return (sent_by(sender) & bit_of(stage)) != 0; }
  constexpr bool leading_only() const { return use == Use::leading_only; }
  /// Two sides make the value together: there is an offer and an answer.
  constexpr bool negotiated() const {
    return rule == Rule::minimum || rule == Rule::maximum || rule == Rule::boolean_and || rule == Rule::boolean_or ||
           rule == Rule::list;
  }
};

namespace table {

inline constexpr std::array<std::string_view, 2> kBooleanWords{"No", "Yes"};
inline constexpr std::array<std::string_view, 2> kSessionTypeWords{"Discovery", "Normal"};
inline constexpr std::array<std::string_view, 2> kDigestWords{"None", "CRC32C"};
inline constexpr std::array<std::string_view, 3> kTaskReportingWords{"RFC3720", "ResponseFence", "FastAbort"};

inline constexpr std::uint32_t kMaxLength = (1U << 24) - 1;

constexpr KeyInfo security(KeyId id, std::string_view name, ValueType type, std::string_view section,
                           Stages from_initiator = kSecurity, Stages from_target = kSecurity) {
  return {id,          name,   Rule::authentication, type, Use::initialize_only, Scope::connection_only, from_initiator,
          from_target, section};
}

constexpr KeyInfo declaration(KeyId id, std::string_view name, ValueType type, Use use, Stages from_initiator,
                              Stages from_target, std::string_view section) {
  return {id, name, Rule::declarative, type, use, Scope::session_wide, from_initiator, from_target, section};
}

/// A key of the operational stage that both sides may offer.
constexpr KeyInfo negotiated(KeyId id, std::string_view name, Rule rule, ValueType type, std::string_view section) {
  return {id, name, rule, type, Use::leading_only, Scope::session_wide, kOperational, kOperational, section};
}

constexpr KeyInfo number(KeyId id, std::string_view name, Rule rule, std::uint32_t lowest, std::uint32_t highest,
                         std::uint32_t default_value, std::string_view section) {
  KeyInfo info = negotiated(id, name, rule, ValueType::number, section);
  info.lowest = lowest;
  info.highest = highest;
  info.default_value = default_value;
  return info;
}

constexpr KeyInfo words(KeyInfo info, Words words, std::uint32_t default_value) {
  info.words = words;
  info.highest = static_cast<std::uint32_t>(words.size() - 1);
  info.default_value = default_value;
  return info;
}

constexpr KeyInfo boolean(KeyId id, std::string_view name, Rule rule, std::string_view section) {
  KeyInfo info = words(negotiated(id, name, rule, ValueType::boolean, section), kBooleanWords, 1);
  info.irrelevant_in_discovery = true;
  return info;
}

constexpr KeyInfo digest(KeyId id, std::string_view name) {
  KeyInfo info = words(negotiated(id, name, Rule::list, ValueType::list, "rfc7143#13.1"), kDigestWords, 0);
  info.use = Use::initialize_only;
  info.scope = Scope::connection_only;
  return info;
}

constexpr KeyInfo obsolete(KeyId id, std::string_view name) {
  return {id,           name,         Rule::obsolete, ValueType::text, Use::initialize_only, Scope::connection_only,
          kOperational, kOperational, "rfc7143#13.25"};
}

constexpr KeyInfo irrelevant_in_discovery(KeyInfo info) {
  info.irrelevant_in_discovery = true;
  return info;
}

constexpr KeyInfo not_understood(KeyInfo info, NotUnderstood meaning) {
  info.not_understood = meaning;
  return info;
}

constexpr KeyInfo repeatable(KeyInfo info) {
  info.repeatable = true;
  return info;
}

constexpr KeyInfo max_recv_data_segment_length() {
  KeyInfo info = number(KeyId::max_recv_data_segment_length, "MaxRecvDataSegmentLength", Rule::declarative, 512,
                        kMaxLength, 8192, "rfc7143#13.12");
  info.use = Use::all;
  info.scope = Scope::connection_only;
  info.from_initiator = info.from_target = kOperational | kFullFeature;
  return info;
}

constexpr KeyInfo send_targets() {
  return {KeyId::send_targets, "SendTargets", Rule::request, ValueType::text, Use::full_feature_only,
          Scope::session_wide, kFullFeature,  kNoStage,      "rfc7143#13.3"};
}

}  // namespace table

// clang-format off
inline constexpr std::array<KeyInfo, kKeyCount> kKeys{{
    table::security(KeyId::auth_method, "AuthMethod", ValueType::list, "rfc7143#12.1"),
    table::security(KeyId::chap_a, "CHAP_A", ValueType::list, "rfc7143#12.1.3"),
    table::security(KeyId::chap_i, "CHAP_I", ValueType::number, "rfc7143#12.1.3"),
    table::security(KeyId::chap_c, "CHAP_C", ValueType::binary, "rfc7143#12.1.3"),
    table::security(KeyId::chap_n, "CHAP_N", ValueType::text, "rfc7143#12.1.3"),
    table::security(KeyId::chap_r, "CHAP_R", ValueType::binary, "rfc7143#12.1.3"),
    table::security(KeyId::krb_ap_req, "KRB_AP_REQ", ValueType::binary, "rfc7143#12.1.1", kSecurity, kNoStage),
    table::security(KeyId::krb_ap_rep, "KRB_AP_REP", ValueType::binary, "rfc7143#12.1.1", kNoStage, kSecurity),
    table::security(KeyId::srp_u, "SRP_U", ValueType::text, "rfc7143#12.1.2", kSecurity, kNoStage),
    table::security(KeyId::srp_group, "SRP_GROUP", ValueType::list, "rfc7143#12.1.2"),
    table::security(KeyId::srp_a, "SRP_A", ValueType::binary, "rfc7143#12.1.2", kSecurity, kNoStage),
    table::security(KeyId::srp_b, "SRP_B", ValueType::binary, "rfc7143#12.1.2", kNoStage, kSecurity),
    table::security(KeyId::srp_s, "SRP_s", ValueType::binary, "rfc7143#12.1.2", kNoStage, kSecurity),
    table::security(KeyId::srp_m, "SRP_M", ValueType::binary, "rfc7143#12.1.2", kSecurity, kNoStage),
    table::security(KeyId::srp_hm, "SRP_HM", ValueType::binary, "rfc7143#12.1.2", kNoStage, kSecurity),
    table::security(KeyId::target_auth, "TargetAuth", ValueType::text, "rfc7143#12.1.2", kSecurity, kNoStage),

    table::words(table::declaration(KeyId::session_type, "SessionType", ValueType::text, Use::leading_only,
                                    kLogin, kNoStage, "rfc7143#13.21"), table::kSessionTypeWords, 1),
    table::declaration(KeyId::initiator_name, "InitiatorName", ValueType::iscsi_name, Use::initialize_only,
                       kLogin, kNoStage, "rfc7143#13.5"),
    table::declaration(KeyId::initiator_alias, "InitiatorAlias", ValueType::local_name, Use::all,
                       kAnyStage, kNoStage, "rfc7143#13.7"),
    // The target sends TargetName only in answer to SendTargets, which is no negotiation.
    table::declaration(KeyId::target_name, "TargetName", ValueType::iscsi_name, Use::initialize_only,
                       kLogin, kNoStage, "rfc7143#13.4"),
    table::declaration(KeyId::target_alias, "TargetAlias", ValueType::local_name, Use::all,
                       kNoStage, kAnyStage, "rfc7143#13.6"),
    table::repeatable(table::declaration(KeyId::target_address, "TargetAddress", ValueType::text, Use::all,
                                         kNoStage, kAnyStage, "rfc7143#13.8")),
    table::declaration(KeyId::target_portal_group_tag, "TargetPortalGroupTag", ValueType::binary,
                       Use::initialize_only, kNoStage, kLogin, "rfc7143#13.9"),
    table::send_targets(),
    table::max_recv_data_segment_length(),
    table::not_understood(table::declaration(KeyId::node_architecture, "X#NodeArchitecture", ValueType::list,
                                             Use::leading_only, kOperational, kOperational, "rfc7143#13.26"),
                          NotUnderstood::concludes),

    table::digest(KeyId::header_digest, "HeaderDigest"),
    table::digest(KeyId::data_digest, "DataDigest"),
    table::irrelevant_in_discovery(table::number(
        KeyId::max_connections, "MaxConnections", Rule::minimum, 1, 65535, 1, "rfc7143#13.2")),
    table::boolean(KeyId::initial_r2t, "InitialR2T", Rule::boolean_or, "rfc7143#13.10"),
    table::boolean(KeyId::immediate_data, "ImmediateData", Rule::boolean_and, "rfc7143#13.11"),
    table::irrelevant_in_discovery(table::number(
        KeyId::max_burst_length, "MaxBurstLength", Rule::minimum, 512, table::kMaxLength, 262144, "rfc7143#13.13")),
    table::irrelevant_in_discovery(table::number(
        KeyId::first_burst_length, "FirstBurstLength", Rule::minimum, 512, table::kMaxLength, 65536,
        "rfc7143#13.14")),
    table::number(KeyId::default_time2wait, "DefaultTime2Wait", Rule::maximum, 0, 3600, 2, "rfc7143#13.15"),
    table::number(KeyId::default_time2retain, "DefaultTime2Retain", Rule::minimum, 0, 3600, 20, "rfc7143#13.16"),
    table::irrelevant_in_discovery(table::number(
        KeyId::max_outstanding_r2t, "MaxOutstandingR2T", Rule::minimum, 1, 65535, 1, "rfc7143#13.17")),
    table::boolean(KeyId::data_pdu_in_order, "DataPDUInOrder", Rule::boolean_or, "rfc7143#13.18"),
    table::boolean(KeyId::data_sequence_in_order, "DataSequenceInOrder", Rule::boolean_or, "rfc7143#13.19"),
    table::number(KeyId::error_recovery_level, "ErrorRecoveryLevel", Rule::minimum, 0, 2, 0, "rfc7143#13.20"),
    table::not_understood(table::irrelevant_in_discovery(table::words(
        table::negotiated(KeyId::task_reporting, "TaskReporting", Rule::list, ValueType::list, "rfc7143#13.23"),
        table::kTaskReportingWords, 0)), NotUnderstood::rfc5048_key),
    table::not_understood(table::irrelevant_in_discovery(table::number(
        KeyId::protocol_level, "iSCSIProtocolLevel", Rule::minimum, 0, 31, 1, "rfc7144#7.1.1")),
        NotUnderstood::concludes),

    table::obsolete(KeyId::if_marker, "IFMarker"),
    table::obsolete(KeyId::of_marker, "OFMarker"),
    table::obsolete(KeyId::if_mark_int, "IFMarkInt"),
    table::obsolete(KeyId::of_mark_int, "OFMarkInt"),
}};
// clang-format on

constexpr const KeyInfo& info_of(KeyId id) { return kKeys[index_of(id)]; }

/// The entry with exactly this name (case counts), or null.
constexpr const KeyInfo* find_key(std::string_view name) {
  const auto* found = std::ranges::find(kKeys, name, &KeyInfo::name);
  return found == kKeys.end() ? nullptr : found;
}

namespace table {

consteval bool is_dense() {
  for (std::size_t i = 0; i < kKeyCount; ++i) {
    if (index_of(kKeys[i].id) != i) return false;
  }
  return true;
}

consteval bool has_unique_names() {
  return std::ranges::all_of(kKeys, [](const KeyInfo& info) { return find_key(info.name)->id == info.id; });
}

consteval bool has_defaults_in_range() {
  return std::ranges::all_of(kKeys, [](const KeyInfo& info) {
    return info.lowest <= info.highest && info.lowest <= info.default_value && info.default_value <= info.highest;
  });
}

consteval bool has_senders_and_sections() {
  return std::ranges::all_of(kKeys, [](const KeyInfo& info) {
    return (info.from_initiator | info.from_target) != kNoStage && info.section.starts_with("rfc71");
  });
}

static_assert(is_dense(), "kKeys[index_of(id)] is the entry of id");
static_assert(has_unique_names());
static_assert(has_defaults_in_range());
static_assert(has_senders_and_sections());

}  // namespace table
}  // namespace lunway::text
