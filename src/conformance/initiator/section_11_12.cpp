// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The Login Requests of a plain login, field by field and key by key.
//= rfc7143#11.12

#include <algorithm>

#include "conformance/initiator/initiator_script.h"
#include "conformance/initiator/key_rules.h"
#include "conformance/sections.h"

namespace lunway::conformance::initiator_tests {
namespace {

using Requests = std::vector<Pdu>;

/// The Login Requests of a login that goes well, in two steps at least: the target holds the transition back once.
Requests login_of(InitiatorScript& s) {
  bool held = false;
  ServedLink& link = s.start(Traffic::any, {.bend = [&held](const LoginTurn& turn) {
                               if (!turn.is_final() || held) return;
                               held = true;
                               turn.response.set(field::kTransit, 0).set(field::kNsg, 0);
                               turn.response.set(field::kTsih, 0);
                             }});
  return link.login().requests;
}

void require_constant(InitiatorScript& s, const Field& field) {
  const Requests requests = login_of(s);
  for (const Pdu& pdu : requests) s.require_field(pdu, field, requests.front().get(field));
}

void require_zero(InitiatorScript& s, const Field& field) {
  for (const Pdu& pdu : login_of(s)) s.require_field(pdu, field, 0);
}

Text first_text(InitiatorScript& s) { return login_of(s).front().text(); }

/// ASCII as names have it: a prefix with a colon, or of the three types.
bool is_plain_name(std::string_view name) {
  const bool typed = name.starts_with("iqn.") || name.starts_with("eui.") || name.starts_with("naa.");
  const bool legal = std::ranges::all_of(name, [](char letter) {
    const auto byte = static_cast<unsigned char>(letter);
    return byte >= 0x80 || (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '.' ||
           letter == '-' || letter == ':';
  });
  return typed && name.size() <= 223 && (legal || name.starts_with("eui.") || name.starts_with("naa."));
}

constexpr Test kTests[] = {
    {.id = "11.12.4/version-is-zero",
     .title = "Version-min and Version-max are 0x00",
     .proves = "R7143-11.12.4-01 R7143-11.12.4.1-01 R7143-11.12.4.2-01",
     .about = "Looks at both fields of every Login Request of a login in several steps.",
     .script =
         [](InitiatorScript& s) {
           for (const Pdu& pdu : login_of(s)) {
             s.require_field(pdu, field::kVersionMin, 0, "11.12.4.2");
             s.require_field(pdu, field::kVersionMax, 0, "11.12.4.1");
           }
         }},
    {.id = "11.12.6/new-session-has-no-handle",
     .title = "TSIH is 0 in the leading login of a new session, all through it",
     .proves = "R7143-11.12.6-01 R7143-11.12.6-03",
     .about = "Looks at TSIH in every Login Request of a login in several steps.",
     .script = [](InitiatorScript& s) { require_zero(s, field::kTsih); }},
    {.id = "11.12.7/cid-stays",
     .title = "CID is the same in all requests of a login",
     .proves = "R7143-11.12.7-01",
     .about = "Compares CID in the Login Requests of a login in several steps.",
     .script = [](InitiatorScript& s) { require_constant(s, field::kCid); }},
    {.id = "6.3/one-task-tag-for-the-login",
     .title = "The whole Login Phase has one Initiator Task Tag",
     .proves = "R7143-6.3-20",
     .about = "Compares the Initiator Task Tag in the Login Requests of a login in several steps: the login is a "
              "single task.",
     .script = [](InitiatorScript& s) { require_constant(s, field::kItt); }},
    {.id = "4.2.2.1/login-is-immediate",
     .title = "Login Requests are immediate and all carry the same CmdSN",
     .proves = "R7143-4.2.2.1-01 R7143-4.2.2.1-02",
     .about = "Looks at the I bit and at CmdSN in the Login Requests of a login in several steps. Immediate requests "
              "do not advance CmdSN.",
     .script =
         [](InitiatorScript& s) {
           const Requests requests = login_of(s);
           for (const Pdu& pdu : requests) {
             s.require_field(pdu, field::kImmediate, 1);
             s.require_field(pdu, field::kCmdSn, requests.front()[field::kCmdSn]);
           }
         }},
    {.id = "11.12.2/continue-excludes-transit",
     .title = "C and T are never both set",
     .proves = "R7143-11.12.2-01 R7143-6.2-01",
     .about = "Looks at both bits of every Login Request.",
     .script =
         [](InitiatorScript& s) {
           for (const Pdu& pdu : login_of(s)) {
             if (pdu[field::kContinue] != 0) s.require_field(pdu, field::kTransit, 0);
           }
         }},
    {.id = "6.3/initiator-name-first",
     .title = "The first Login Request carries InitiatorName",
     .proves = "R7143-6.3-02 R7143-13.5-01 R7143-4.2.7.1-04 R7143-11.12.10-01",
     .about = "Looks for the key in the first Login Request of the connection.",
     .script =
         [](InitiatorScript& s) {
           s.require(find_value(first_text(s), "InitiatorName") != nullptr, "InitiatorName in the first Login Request");
         }},
    {.id = "6.3/target-name-first",
     .title = "The first Login Request of a normal session carries the TargetName that the driver was given",
     .proves = "R7143-6.3-04 R7143-13.4-01 R7143-4.2.7.1-04",
     .about =
         "Looks for the key in the first Login Request of the connection and compares it with the name in the URL.",
     .script =
         [](InitiatorScript& s) {
           const Text text = first_text(s);
           const std::string* name = find_value(text, "TargetName");
           s.require(name != nullptr, "TargetName in the first Login Request");
           s.require(*name == s.target_name(), "the name of the target", *name);
         }},
    {.id = "4.2.7.2/initiator-name-is-legal",
     .title = "InitiatorName is of a known type, prepared, and not too long",
     .proves = "R7143-4.2.7.2-01 R7143-4.2.7.1-01",
     .about = "Looks at the name: iqn., eui. or naa., at most 223 bytes, and of ASCII only what the profile of iSCSI "
              "names leaves, so no capitals and no blanks.",
     .script =
         [](InitiatorScript& s) {
           const Text text = first_text(s);
           const std::string* name = find_value(text, "InitiatorName");
           if (name == nullptr) s.inconclusive("no InitiatorName");
           s.require(is_plain_name(*name), "a legal iSCSI name", *name);
         }},
    {.id = "13.4/names-are-said-once",
     .title = "InitiatorName, TargetName and SessionType are not said again",
     .proves = "R7143-13.4-02 R7143-13.5-02",
     .about = "Counts the keys over all requests of a login in several steps.",
     .script =
         [](InitiatorScript& s) {
           Text said;
           for (const Pdu& pdu : login_of(s)) {
             for (const KeyValue& pair : pdu.text()) {
               s.require(find_value(said, pair.key) == nullptr, "each key once in a login", pair.key);
               said.push_back(pair);
             }
           }
         }},
    {.id = "6.1/text-ends-with-null",
     .title = "Every key=value pair ends with one null byte, the last too",
     .proves = "R7143-6.1-01",
     .about = "Looks at the data segments of all Login Requests: what is not empty ends with a null byte, and no two "
              "stand side by side.",
     .script =
         [](InitiatorScript& s) {
           for (const Pdu& pdu : login_of(s)) {
             if (pdu.data.empty() || pdu[field::kContinue] != 0) continue;
             s.require(pdu.data.back() == std::byte{0}, "a null byte after the last pair");
             const auto twice = std::ranges::adjacent_find(
                 pdu.data, [](std::byte one, std::byte next) { return one == std::byte{0} && next == one; });
             s.require(twice == pdu.data.end(), "one null byte between pairs", "two");
           }
         }},
    {.id = "6.1/keys-are-labels",
     .title = "Key names begin with a capital letter and have at most 63 characters",
     .proves = "R7143-6.1-02",
     .about = "Looks at the names of all keys that the initiator sends in a login. iSCSIProtocolLevel, as RFC 7144 "
              "writes it, is the one exception.",
     .script =
         [](InitiatorScript& s) {
           for (const Pdu& pdu : login_of(s)) {
             for (const KeyValue& pair : pdu.text()) {
               if (pair.key == "iSCSIProtocolLevel") continue;
               const bool label =
                   !pair.key.empty() && pair.key[0] >= 'A' && pair.key[0] <= 'Z' && pair.key.size() <= 63;
               s.require(label, "a standard-label", pair.key);
             }
           }
         }},
    {.id = "6.1/values-are-short",
     .title = "Values have at most 255 bytes",
     .proves = "R7143-6.1-08 R7143-13.26.1-01",
     .about = "Looks at the values of all keys of a login without authentication, X#NodeArchitecture among them.",
     .script =
         [](InitiatorScript& s) {
           for (const Pdu& pdu : login_of(s)) {
             for (const KeyValue& pair : pdu.text()) {
               s.require(pair.value.size() <= 255, "a value of at most 255 bytes", pair.key);
             }
           }
         }},
    {.id = "6.3/security-before-operation",
     .title = "There is a stage, and SecurityNegotiation comes before LoginOperationalNegotiation",
     .proves = "R7143-6.3-06 R7143-6.3-08",
     .about = "Looks at CSG in the order of the requests: 0 or 1, and never back from 1 to 0.",
     .script =
         [](InitiatorScript& s) {
           std::uint32_t stage = 0;
           for (const Pdu& pdu : login_of(s)) {
             s.require(pdu[field::kCsg] <= 1 && pdu[field::kCsg] >= stage, "stages in their order", summary_of(pdu));
             stage = pdu[field::kCsg];
           }
         }},
    {.id = "6.3.3/initiator-ends-the-login",
     .title = "The initiator asks for the Full Feature Phase by T=1 and NSG=3, again when the target holds back",
     .proves = "R7143-6.3.3-03 R7143-6.3-15 R7143-6.3.3-05",
     .about = "The target answers the first request for the Full Feature Phase with T=0. The next request, which may "
              "be empty, asks again.",
     .script =
         [](InitiatorScript& s) {
           const Requests requests = login_of(s);
           s.require_field(requests.back(), field::kTransit, 1);
           s.require_field(requests.back(), field::kNsg, 3);
           std::size_t asked = 0;
           for (const Pdu& pdu : requests) asked += pdu[field::kTransit] != 0 && pdu[field::kNsg] == 3 ? 1U : 0U;
           s.require(asked == 2, "one more request with T=1 after a response with T=0");
         }},
    {.id = "12/keys-in-their-stage",
     .title = "Only keys of security and of any stage are sent in SecurityNegotiation",
     .proves = "R7143-12-01 R7143-6.3-11",
     .about = "Looks at the keys of all requests with CSG=0, and for security keys in requests with CSG=1.",
     .script =
         [](InitiatorScript& s) {
           constexpr std::string_view kAny[] = {"InitiatorName", "InitiatorAlias", "TargetName",
                                                "SessionType",   "AuthMethod",     "X#NodeArchitecture"};
           for (const Pdu& pdu : login_of(s)) {
             for (const KeyValue& pair : pdu.text()) {
               const bool security = pair.key == "AuthMethod" || pair.key.starts_with("CHAP_");
               const bool anywhere = std::ranges::find(kAny, pair.key) != std::end(kAny);
               const bool fits = pdu[field::kCsg] == 0 ? anywhere || security || pair.key.starts_with("X") : !security;
               s.require(fits, "keys in the stage where they belong", pair.key);
             }
           }
         }},
    {.id = "11/reserved-fields-of-login-are-zero",
     .title = "Reserved fields of a Login Request are 0",
     .proves = "R7143-11-01",
     .about = "NSG is reserved while T is 0. Looks at it in every Login Request.",
     .script =
         [](InitiatorScript& s) {
           for (const Pdu& pdu : login_of(s)) {
             if (pdu[field::kTransit] == 0) s.require_field(pdu, field::kNsg, 0, "11.12.3");
           }
         }},
};

}  // namespace

std::span<const Test> section_11_12() { return kTests; }

}  // namespace lunway::conformance::initiator_tests
