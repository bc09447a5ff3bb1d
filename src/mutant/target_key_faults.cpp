// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What a target can do wrong with keys, in a login and in text exchanges.
//= rfc7143#6.2
//= rfc7143#12
//= rfc7143#13

#include <charconv>
#include <string>

#include "mutant/fault_lists.h"

namespace lunway::mutant {
namespace {

constexpr wire::Role kTarget = wire::Role::target;
constexpr wire::Role kInitiator = wire::Role::initiator;

bool is_login_answer(const Passage& p) { return p.is(kTarget, Opcode::login_response) && !p.pdu.data.empty(); }
bool is_text_answer(const Passage& p) { return p.is(kTarget, Opcode::text_response) && !p.pdu.data.empty(); }
bool is_text_request(const Passage& p) { return p.is(kInitiator, Opcode::text_request); }
bool has_text_from_initiator(const Passage& p) { return p.is(kInitiator, Opcode::login_request) || is_text_request(p); }

/// The target answers `key` with `value` whatever it meant to say.
void answers(Passage& p, std::string_view key, std::string_view value) {
  if (is_login_answer(p) && !p.value(key).empty()) p.set_value(key, value);
}

std::uint64_t number(const std::string& value) {
  std::uint64_t result = 0;
  (void)std::from_chars(value.data(), value.data() + value.size(), result);
  return result;
}

/// Answers more than was offered, where the answer has to be the lesser.
void answers_more(Passage& p, std::string_view key) {
  if (is_login_answer(p) && !p.value(key).empty()) answers(p, key, std::to_string(number(p.value(key)) + 1));
}

/// Agrees to an offer that is not admissible: the target sees `admissible` instead, and its answer becomes the offer.
void agrees(Passage& p, std::string_view key, std::uint64_t admissible, bool (*is_bad)(std::uint64_t, std::uint64_t)) {
  if (has_text_from_initiator(p)) {
    const std::string value = p.value(key);
    if (value.empty() || value.find_first_not_of("0123456789") != std::string::npos) return;
    if (!is_bad(number(value), admissible)) return;
    p.memory.kept = p.pdu;
    p.memory.has_kept = true;
    p.set_value(key, std::to_string(admissible));
  } else if (p.memory.has_kept && is_login_answer(p)) {
    const Text offered = p.memory.kept.text();
    if (const std::string* offer = conformance::find_value(offered, key)) answers(p, key, *offer);
  }
}

/// Takes an offer that is too low.
void takes_less(Passage& p, std::string_view key, std::uint64_t lowest) {
  agrees(p, key, lowest, [](std::uint64_t value, std::uint64_t limit) { return value < limit; });
}

/// Takes an offer that is too high.
void takes_more(Passage& p, std::string_view key, std::uint64_t highest) {
  agrees(p, key, highest, [](std::uint64_t value, std::uint64_t limit) { return value > limit; });
}

/// Agrees to a word that the key does not have.
void takes_other_words(Passage& p, std::string_view key) {
  if (has_text_from_initiator(p)) {
    const std::string value = p.value(key);
    if (value.empty() || value == "Yes" || value == "No") return;
    p.memory.kept = p.pdu;
    p.memory.has_kept = true;
    p.set_value(key, "Yes");
  } else if (p.memory.has_kept && is_login_answer(p)) {
    const Text offered = p.memory.kept.text();
    if (const std::string* offer = conformance::find_value(offered, key)) answers(p, key, *offer);
  }
}

constexpr std::uint64_t kMost24 = 16777215;

constexpr Fault kFaults[] = {
    {"max-burst-above-the-offer", kTarget, [](Passage& p) { answers_more(p, "MaxBurstLength"); }},
    {"first-burst-above-the-offer", kTarget, [](Passage& p) { answers_more(p, "FirstBurstLength"); }},
    {"max-connections-above-the-offer", kTarget, [](Passage& p) { answers_more(p, "MaxConnections"); }},
    {"max-outstanding-r2t-above-the-offer", kTarget, [](Passage& p) { answers_more(p, "MaxOutstandingR2T"); }},
    {"recovery-level-above-the-offer", kTarget, [](Passage& p) { answers_more(p, "ErrorRecoveryLevel"); }},
    {"time2retain-above-the-offer", kTarget, [](Passage& p) { answers_more(p, "DefaultTime2Retain"); }},
    {"time2wait-below-the-offer", kTarget, [](Passage& p) { answers(p, "DefaultTime2Wait", "0"); }},
    {"protocol-level-above-the-offer", kTarget, [](Passage& p) { answers_more(p, "iSCSIProtocolLevel"); }},
    {"initial-r2t-is-always-no", kTarget, [](Passage& p) { answers(p, "InitialR2T", "No"); }},
    {"immediate-data-is-always-yes", kTarget, [](Passage& p) { answers(p, "ImmediateData", "Yes"); }},
    {"pdu-order-is-always-no", kTarget, [](Passage& p) { answers(p, "DataPDUInOrder", "No"); }},
    {"sequence-order-is-always-no", kTarget, [](Passage& p) { answers(p, "DataSequenceInOrder", "No"); }},
    {"booleans-in-lower-case", kTarget,
     [](Passage& p) {
       answers(p, "ImmediateData", "yes");
       answers(p, "InitialR2T", "yes");
     }},
    {"header-digest-not-offered", kTarget, [](Passage& p) { answers(p, "HeaderDigest", "CRC32"); }},
    {"data-digest-is-a-list", kTarget, [](Passage& p) { answers(p, "DataDigest", "CRC32C,None"); }},
    {"task-reporting-not-offered", kTarget, [](Passage& p) { answers(p, "TaskReporting", "FastAbort,RFC3720"); }},
    {"numbers-with-a-unit", kTarget, [](Passage& p) { answers(p, "MaxBurstLength", "64k"); }},
    {"standard-key-not-understood", kTarget, [](Passage& p) { answers(p, "MaxOutstandingR2T", "NotUnderstood"); }},
    {"answers-max-burst-not-at-all", kTarget,
     [](Passage& p) {
       if (is_login_answer(p)) p.remove_key("MaxBurstLength");
     }},
    {"answers-a-key-twice", kTarget,
     [](Passage& p) {
       const std::string value = is_login_answer(p) ? p.value("MaxBurstLength") : std::string();
       if (!value.empty()) p.add_value("MaxBurstLength", value);
     }},
    {"answers-declarations", kTarget,
     [](Passage& p) {
       if (p.is(kInitiator, Opcode::login_request) && !p.value("InitiatorAlias").empty()) p.memory.numbers[0] = 1;
       if (p.is(kTarget, Opcode::login_response) && std::exchange(p.memory.numbers[0], 0) != 0) {
         p.add_value("InitiatorAlias", "NotUnderstood");
       }
     }},
    {"says-the-initiators-keys", kTarget,
     [](Passage& p) {
       if (is_login_answer(p) && p.meet() == 1) p.add_value("InitiatorName", "iqn.2026-11.io.lunway:x");
     }},
    {"declares-too-short-segments", kTarget,
     [](Passage& p) {
       if (!p.is(kTarget, Opcode::login_response) || p.pdu[field::kStatusClass] != 0) return;
       p.remove_key("MaxRecvDataSegmentLength");
       p.add_value("MaxRecvDataSegmentLength", "256");
     }},
    {"unknown-keys-get-no-answer", kTarget,
     [](Passage& p) {
       if (!is_login_answer(p)) return;
       Text text = p.pdu.text();
       std::erase_if(text, [](const conformance::KeyValue& pair) { return pair.value == "NotUnderstood"; });
       p.pdu.with_text(text);
     }},
    {"unknown-keys-are-rejected", kTarget,
     [](Passage& p) {
       if (!is_login_answer(p)) return;
       Text text = p.pdu.text();
       for (conformance::KeyValue& pair : text) {
         if (pair.value == "NotUnderstood") pair.value = "Reject";
       }
       p.pdu.with_text(text);
     }},
    {"marker-keys-are-not-understood", kTarget,
     [](Passage& p) {
       answers(p, "IFMarker", "NotUnderstood");
       answers(p, "OFMarker", "NotUnderstood");
     }},
    {"text-without-a-null-at-the-end", kTarget,
     [](Passage& p) {
       if (is_login_answer(p)) p.pdu.data.pop_back();
     }},
    {"key-and-value-apart-by-a-blank", kTarget,
     [](Passage& p) {
       if (is_login_answer(p)) p.add_value("TargetAlias ", "blank");
     }},

    {"takes-max-burst-below-512", kTarget, [](Passage& p) { takes_less(p, "MaxBurstLength", 512); }},
    {"takes-max-burst-above-24-bits", kTarget, [](Passage& p) { takes_more(p, "MaxBurstLength", kMost24); }},
    {"takes-first-burst-below-512", kTarget, [](Passage& p) { takes_less(p, "FirstBurstLength", 512); }},
    {"takes-first-burst-above-24-bits", kTarget, [](Passage& p) { takes_more(p, "FirstBurstLength", kMost24); }},
    {"takes-zero-connections", kTarget, [](Passage& p) { takes_less(p, "MaxConnections", 1); }},
    {"takes-too-many-connections", kTarget, [](Passage& p) { takes_more(p, "MaxConnections", 65535); }},
    {"takes-zero-r2ts", kTarget, [](Passage& p) { takes_less(p, "MaxOutstandingR2T", 1); }},
    {"takes-too-many-r2ts", kTarget, [](Passage& p) { takes_more(p, "MaxOutstandingR2T", 65535); }},
    {"takes-time2wait-above-an-hour", kTarget, [](Passage& p) { takes_more(p, "DefaultTime2Wait", 3600); }},
    {"takes-time2retain-above-an-hour", kTarget, [](Passage& p) { takes_more(p, "DefaultTime2Retain", 3600); }},
    {"takes-recovery-level-3", kTarget, [](Passage& p) { takes_more(p, "ErrorRecoveryLevel", 2); }},
    {"takes-any-word-for-initial-r2t", kTarget, [](Passage& p) { takes_other_words(p, "InitialR2T"); }},
    {"takes-any-word-for-immediate-data", kTarget, [](Passage& p) { takes_other_words(p, "ImmediateData"); }},
    {"takes-any-word-for-pdu-order", kTarget, [](Passage& p) { takes_other_words(p, "DataPDUInOrder"); }},
    {"takes-any-word-for-sequence-order", kTarget, [](Passage& p) { takes_other_words(p, "DataSequenceInOrder"); }},
    {"takes-a-key-twice", kTarget,
     [](Passage& p) {
       if (!has_text_from_initiator(p)) return;
       Text once;
       for (const conformance::KeyValue& pair : p.pdu.text()) {
         if (conformance::find_value(once, pair.key) == nullptr) once.push_back(pair);
       }
       if (once.size() != p.pdu.text().size()) p.pdu.with_text(once);
     }},
    {"takes-text-without-an-equals-sign", kTarget,
     [](Passage& p) {
       if (!has_text_from_initiator(p)) return;
       const std::string_view text = text_of(p.pdu.data);
       const Text pairs = p.pdu.text();
       if (encode_text(pairs).size() != text.size()) p.pdu.with_text(pairs);
     }},

    {"hides-itself-from-discovery", kTarget,
     [](Passage& p) {
       if (is_text_answer(p)) p.pdu.data.clear();
     }},
    {"discovers-without-addresses-groups", kTarget,
     [](Passage& p) {
       if (!is_text_answer(p)) return;
       Text text = p.pdu.text();
       for (conformance::KeyValue& pair : text) {
         if (pair.key == "TargetAddress") pair.value = pair.value.substr(0, pair.value.find(','));
       }
       p.pdu.with_text(text);
     }},
    {"addresses-come-before-the-name", kTarget,
     [](Passage& p) {
       if (!is_text_answer(p)) return;
       const Text text = p.pdu.text();
       p.pdu.with_text(Text(text.rbegin(), text.rend()));
     }},
    {"text-answer-is-not-final", kTarget,
     [](Passage& p) {
       if (is_text_answer(p)) p.pdu.set(field::kFinal, 0);
     }},
    {"final-text-answer-has-a-tag", kTarget,
     [](Passage& p) {
       if (p.is(kTarget, Opcode::text_response) && p.pdu[field::kFinal] != 0) p.pdu.set(field::kTtt, 0x77);
     }},
    {"open-text-answer-has-no-tag", kTarget,
     [](Passage& p) {
       if (p.is(kTarget, Opcode::text_response) && p.pdu[field::kFinal] == 0) p.pdu.set(field::kTtt, 0xffffffff);
     }},
    {"text-answer-continues-and-is-final", kTarget,
     [](Passage& p) {
       if (is_text_answer(p)) p.pdu.set(field::kContinue, 1);
     }},
    {"text-tag-comes-back-changed", kTarget,
     [](Passage& p) {
       if (p.is(kTarget, Opcode::text_response)) p.pdu.set(field::kItt, p.pdu[field::kItt] + 1);
     }},
    {"text-gets-no-answer", kTarget,
     [](Passage& p) {
       if (is_text_request(p)) p.drop = true;
     }},

    {"auth-method-not-offered", kTarget, [](Passage& p) { answers(p, "AuthMethod", "KRB5"); }},
    {"chap-algorithm-not-offered", kTarget, [](Passage& p) { answers(p, "CHAP_A", "9"); }},
    {"chap-identifier-of-nine-bits", kTarget, [](Passage& p) { answers(p, "CHAP_I", "300"); }},
    {"chap-challenge-of-four-bytes", kTarget, [](Passage& p) { answers(p, "CHAP_C", "0x01020304"); }},
    {"chap-challenge-is-always-the-same", kTarget,
     [](Passage& p) { answers(p, "CHAP_C", "0x000102030405060708090a0b0c0d0e0f"); }},
    {"chap-challenge-of-two-kilobytes", kTarget,
     [](Passage& p) { answers(p, "CHAP_C", "0x" + std::string(4096, 'a')); }},
    {"mutual-proof-is-wrong", kTarget, [](Passage& p) { answers(p, "CHAP_R", "0x00112233445566778899aabbccddeeff"); }},
    {"mutual-proof-has-no-name", kTarget,
     [](Passage& p) {
       if (is_login_answer(p)) p.remove_key("CHAP_N");
     }},
};

}  // namespace

std::span<const Fault> target_key_faults() { return kFaults; }

}  // namespace lunway::mutant
