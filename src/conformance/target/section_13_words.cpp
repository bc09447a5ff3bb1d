// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The keys of section 13 whose values are words: booleans and lists, unknown keys, and what a text may look like.
//= rfc7143#6.2
//= rfc7143#13

#include <algorithm>
#include <string>

#include "conformance/sections.h"
#include "conformance/target/target_script.h"

namespace lunway::conformance::target_tests {
namespace {

using wire::Opcode;

/// What the target answers to `key`=`value`; empty without an answer. The login must succeed.
std::string answer_to(TargetScript& s, std::string_view key, std::string_view value) {
  LoginEnd end;
  Link* link = s.try_log_in({.offers = {{std::string(key), std::string(value)}}}, end);
  s.require(link != nullptr, "a login with " + std::string(key) + "=" + std::string(value), describe(end.last));
  link->ping();
  const std::string* answer = find_value(end.answers, key);
  return answer == nullptr ? "" : *answer;
}

void require_answer(TargetScript& s, std::string_view key, std::string_view value,
                    std::initializer_list<std::string_view> legal) {
  const std::string answer = answer_to(s, key, value);
  std::string wanted;
  for (const std::string_view word : legal) wanted += (wanted.empty() ? "" : " or ") + std::string(word);
  s.require(std::ranges::find(legal, answer) != legal.end(), std::string(key) + "=" + wanted,
            answer.empty() ? "no answer" : answer);
}

/// A login with text that breaks a rule; it is refused with class 2, or the connection ends.
void refuses_text(TargetScript& s, const Text& offers, std::string_view raw = {}) {
  Connection& c = s.connect();
  Pdu request = s.login_request(offers);
  for (const std::byte byte : bytes_of(raw)) request.data.push_back(byte);
  c.send(request);
  const Arrival arrival = s.expect_one_of(c, {allow::pdu(Opcode::login_response), allow::kClose},
                                          "a refusal of class 2, or the end of the connection", "6.2");
  if (arrival.ended()) return;
  s.require_equal(arrival.pdu[field::kStatusClass], 2, "Status-Class, initiator error,");
  s.expect_close(c, "the connection ends after the refusal");
}

/// A word that the key does not have: Reject, the default word, or a refusal.
void answers_other_word(TargetScript& s, std::string_view key, std::initializer_list<std::string_view> words) {
  Connection& c = s.connect();
  LoginEnd end;
  s.try_log_in(c, {.offers = {{std::string(key), "Perhaps"}}}, end);
  if (end.last.ended() || (end.last.is(Opcode::login_response) && end.status() >> 8 == 2)) return;
  const std::string* answer = find_value(end.answers, key);
  if (answer == nullptr) s.fail("Reject, a word of the key, or a refusal", "no answer");
  s.require(*answer == "Reject" || std::ranges::find(words, *answer) != words.end(),
            "Reject, a word of the key, or a refusal", *answer);
}

constexpr std::string_view kAbout =
    "Offers the key with that value in the operational stage of a login and holds the answer against the result "
    "function of the key "
    "and the rules of section 6.2; the session then answers a ping.";
constexpr std::string_view kAboutRefusals =
    "Sends a login whose text breaks the rule that the title names. It is refused with a status of class 2 or the "
    "connection ends.";
constexpr std::string_view kAboutOtherWords =
    "Offers a word that the key does not have. The target answers Reject or a word that is legal, or refuses the "
    "login; it does "
    "not agree to the word.";

constexpr Test kTests[] = {
    {.id = "13.10/initial-r2t-yes",
     .title = "InitialR2T=Yes stays Yes",
     .proves = "R7143-13.10-01",
     .about = kAbout,
     .script = [](TargetScript& s) { require_answer(s, "InitialR2T", "Yes", {"Yes", ""}); }},
    {.id = "13.10/initial-r2t-no",
     .title = "InitialR2T=No is answered",
     .proves = "R7143-13.10-01 R7143-6.2.2-05",
     .about = kAbout,
     .script = [](TargetScript& s) { require_answer(s, "InitialR2T", "No", {"Yes", "No"}); }},
    {.id = "6.2.2/immediate-data-no",
     .title = "ImmediateData=No stays No",
     .proves = "R7143-6.2.2-01",
     .about = kAbout,
     .script = [](TargetScript& s) { require_answer(s, "ImmediateData", "No", {"No", ""}); }},
    {.id = "6.2.2/immediate-data-yes",
     .title = "ImmediateData=Yes is answered",
     .proves = "R7143-6.2.2-05",
     .about = kAbout,
     .script = [](TargetScript& s) { require_answer(s, "ImmediateData", "Yes", {"Yes", "No"}); }},
    {.id = "13.18/pdu-order-yes",
     .title = "DataPDUInOrder=Yes stays Yes",
     .proves = "R7143-13.18-01",
     .about = kAbout,
     .script = [](TargetScript& s) { require_answer(s, "DataPDUInOrder", "Yes", {"Yes", ""}); }},
    {.id = "6.2.2/pdu-order-no",
     .title = "DataPDUInOrder=No is answered",
     .proves = "R7143-6.2.2-05",
     .about = kAbout,
     .script = [](TargetScript& s) { require_answer(s, "DataPDUInOrder", "No", {"Yes", "No"}); }},
    {.id = "6.2.2/sequence-order-yes",
     .title = "DataSequenceInOrder=Yes stays Yes",
     .proves = "R7143-6.2.2-01",
     .about = kAbout,
     .script = [](TargetScript& s) { require_answer(s, "DataSequenceInOrder", "Yes", {"Yes", ""}); }},
    {.id = "6.2.2/sequence-order-no",
     .title = "DataSequenceInOrder=No is answered",
     .proves = "R7143-6.2.2-05",
     .about = kAbout,
     .script = [](TargetScript& s) { require_answer(s, "DataSequenceInOrder", "No", {"Yes", "No"}); }},

    {.id = "13.1/header-digest-none",
     .title = "HeaderDigest=None is answered None",
     .proves = "R7143-13.1-01 R7143-6.2.1-02",
     .about = kAbout,
     .script = [](TargetScript& s) { require_answer(s, "HeaderDigest", "None", {"None"}); }},
    {.id = "13.1/data-digest-none",
     .title = "DataDigest=None is answered None",
     .proves = "R7143-13.1-01 R7143-6.2.1-02",
     .about = kAbout,
     .script = [](TargetScript& s) { require_answer(s, "DataDigest", "None", {"None"}); }},
    {.id = "13.1/header-digest-crc32c",
     .title = "HeaderDigest=CRC32C alone is answered CRC32C",
     .proves = "R7143-13.1-01",
     .about = kAbout,
     .script = [](TargetScript& s) { require_answer(s, "HeaderDigest", "CRC32C", {"CRC32C"}); }},
    {.id = "13.1/data-digest-crc32c",
     .title = "DataDigest=CRC32C alone is answered CRC32C",
     .proves = "R7143-13.1-01",
     .about = kAbout,
     .script = [](TargetScript& s) { require_answer(s, "DataDigest", "CRC32C", {"CRC32C"}); }},
    {.id = "6.2.1/first-of-a-list",
     .title = "The answer to a list is one of its values",
     .proves = "R7143-6.2.1-01",
     .about = kAbout,
     .script = [](TargetScript& s) { require_answer(s, "HeaderDigest", "None,CRC32C", {"None"}); }},
    {.id = "6.2.1/unknown-values-of-a-list",
     .title = "Values of a list that the target does not know are passed over",
     .proves = "R7143-6.2.1-03",
     .about = kAbout,
     .script =
         [](TargetScript& s) { require_answer(s, "DataDigest", "Y-io.lunway.none,CRC32C,None", {"CRC32C", "None"}); }},
    {.id = "13.23/task-reporting",
     .title = "TaskReporting is answered with one of the offered values",
     .proves = "R7143-6.2-10 R7143-6.2-15 R7143-13.23-05",
     .about = kAbout,
     .script =
         [](TargetScript& s) {
           require_answer(s, "TaskReporting", "RFC3720,ResponseFence", {"RFC3720", "ResponseFence"});
         }},
    {.id = "13.24/protocol-level",
     .title = "iSCSIProtocolLevel=1 is answered 1",
     .proves = "R7143-13.24-01",
     .about = kAbout,
     .script = [](TargetScript& s) { require_answer(s, "iSCSIProtocolLevel", "1", {"1", "0"}); }},

    {.id = "6.2/unknown-key",
     .title = "A key that the target does not know is answered NotUnderstood",
     .proves = "R7143-6.2-08",
     .about = kAbout,
     .script = [](TargetScript& s) { require_answer(s, "X-io.lunway.unknown", "1", {"NotUnderstood"}); }},
    {.id = "6.2/unknown-keys-many",
     .title = "Each of several unknown keys is answered NotUnderstood",
     .proves = "R7143-6.2-08",
     .about = "Sends four unknown keys in one login: each is in the answer, NotUnderstood.",
     .script =
         [](TargetScript& s) {
           Text offers;
           for (const char letter : {'a', 'b', 'c', 'd'}) offers.push_back({std::string("X-io.lunway.") + letter, "1"});
           LoginEnd end;
           s.require(s.try_log_in({.offers = offers}, end) != nullptr, "a login", describe(end.last));
           for (const KeyValue& offer : offers) {
             const std::string* answer = find_value(end.answers, offer.key);
             s.require(answer != nullptr && *answer == "NotUnderstood", offer.key + "=NotUnderstood",
                       answer == nullptr ? "no answer" : *answer);
           }
         }},
    {.id = "6.1/case-of-keys",
     .title = "A key in another case is another key",
     .proves = "R7143-6.1-06",
     .about = kAbout,
     .script = [](TargetScript& s) { require_answer(s, "Maxburstlength", "512", {"NotUnderstood"}); }},
    {.id = "13.25/marker-keys",
     .title = "IFMarker and OFMarker are answered Reject or No",
     .proves = "R7143-13.25-03",
     .about = kAbout,
     .script =
         [](TargetScript& s) {
           require_answer(s, "IFMarker", "No", {"Reject", "No"});
           require_answer(s, "OFMarker", "No", {"Reject", "No"});
         }},
    {.id = "13.25/marker-intervals",
     .title = "OFMarkInt is answered Reject",
     .proves = "R7143-13.25-04 R7143-13.25-05",
     .about = kAbout,
     .script = [](TargetScript& s) { require_answer(s, "OFMarkInt", "2048~8192", {"Reject"}); }},
    {.id = "6.2/declarations-are-not-answered",
     .title = "InitiatorAlias gets no answer",
     .proves = "R7143-6.2-06",
     .about = "Declares InitiatorAlias in the login: a declaration has no answer.",
     .script = [](TargetScript& s) { require_answer(s, "InitiatorAlias", "conformance", {""}); }},
    {.id = "6.2/nothing-is-answered-that-was-not-asked",
     .title = "Keys that were not offered are not answered",
     .proves = "R7143-6.2-06",
     .about =
         "Logs in without offers. What the target says by itself are declarations: its alias, address, portal group "
         "tag and "
         "MaxRecvDataSegmentLength; anything else it may offer, but a login of one exchange leaves no room for that.",
     .script =
         [](TargetScript& s) {
           LoginEnd end;
           s.require(s.try_log_in({}, end) != nullptr, "a login", describe(end.last));
           for (const KeyValue& pair : end.answers) {
             s.require(!pair.key.starts_with("Initiator") && pair.key != "SessionType", "no key of the initiator's",
                       pair.key);
           }
         }},

    {.id = "6.1/answers-are-well-formed",
     .title = "The answers to many keys are pairs with legal names, each once, each ended by a null byte",
     .proves = "R7143-6.1-01 R7143-6.1-02 R7143-6.3-16",
     .about = "Offers nine keys in one request and looks at the text of each response: it ends with a null byte, each "
              "pair has a key of legal "
              "characters that begins with a capital letter, and no key comes twice.",
     .script =
         [](TargetScript& s) {
           LoginEnd end;
           s.try_log_in({.offers = {{"HeaderDigest", "None"},
                                    {"DataDigest", "None"},
                                    {"MaxConnections", "1"},
                                    {"InitialR2T", "Yes"},
                                    {"ImmediateData", "No"},
                                    {"MaxBurstLength", "65536"},
                                    {"FirstBurstLength", "8192"},
                                    {"MaxOutstandingR2T", "1"},
                                    {"DefaultTime2Wait", "2"}}},
                        end);
           for (std::size_t at = 0; at < end.answers.size(); ++at) {
             const std::string& key = end.answers[at].key;
             s.require(!key.empty() && key.front() >= 'A' && key.front() <= 'z', "a key name", key);
             s.require(key.find_first_of(" \t=") == std::string::npos, "a key name without blanks", key);
             s.require(std::ranges::count(end.answers, key, &KeyValue::key) == 1 || key == "TargetAddress",
                       "each key once", key + " twice");
           }
           for (const Event& event : s.exchange().events()) {
             const bool said = event.kind == Event::Kind::pdu && event.pdu.is(Opcode::login_response) &&
                               !event.pdu.data.empty() && event.pdu[field::kContinue] == 0;
             if (said) s.require(event.pdu.data.back() == std::byte{0}, "a null byte at the end", "another", "6.1");
           }
         }},
    {.id = "6.3/key-twice-in-one-request",
     .title = "A key that comes twice in one login is refused",
     .proves = "R7143-6.3-16 R7143-6.3-17",
     .about = kAboutRefusals,
     .script = [](TargetScript& s) { refuses_text(s, {{"MaxBurstLength", "65536"}, {"MaxBurstLength", "131072"}}); }},
    {.id = "6.3/same-key-twice-in-one-request",
     .title = "A key that comes twice with the same value is refused",
     .proves = "R7143-6.3-16 R7143-6.3-17",
     .about = kAboutRefusals,
     .script = [](TargetScript& s) { refuses_text(s, {{"ErrorRecoveryLevel", "0"}, {"ErrorRecoveryLevel", "0"}}); }},
    {.id = "6.3/key-of-the-other-stage",
     .title = "A security key in the operational stage is refused",
     .proves = "R7143-6.3-11",
     .about = kAboutRefusals,
     .script = [](TargetScript& s) { refuses_text(s, {{"AuthMethod", "None"}}); }},
    {.id = "6.1/pair-without-an-equals-sign",
     .title = "A pair without an equals sign is refused",
     .proves = "R7143-6.1-01",
     .about = kAboutRefusals,
     .script = [](TargetScript& s) { refuses_text(s, {}, std::string_view("MaxBurstLength\0", 15)); }},
    {.id = "6.1/text-without-its-last-null",
     .title = "Text that does not end with a null byte is refused",
     .proves = "R7143-6.1-01",
     .about = kAboutRefusals,
     .script = [](TargetScript& s) { refuses_text(s, {}, "MaxBurstLength=8192"); }},

    {.id = "6.2/other-word-for-initial-r2t",
     .title = "InitialR2T with another word than Yes or No is not agreed to",
     .proves = "R7143-6.2.2-03",
     .about = kAboutOtherWords,
     .script = [](TargetScript& s) { answers_other_word(s, "InitialR2T", {"Yes", "No"}); }},
    {.id = "6.2/other-word-for-immediate-data",
     .title = "ImmediateData with another word than Yes or No is not agreed to",
     .proves = "R7143-6.2.2-03",
     .about = kAboutOtherWords,
     .script = [](TargetScript& s) { answers_other_word(s, "ImmediateData", {"Yes", "No"}); }},
    {.id = "6.2/other-word-for-pdu-order",
     .title = "DataPDUInOrder with another word than Yes or No is not agreed to",
     .proves = "R7143-6.2.2-03",
     .about = kAboutOtherWords,
     .script = [](TargetScript& s) { answers_other_word(s, "DataPDUInOrder", {"Yes", "No"}); }},
    {.id = "6.2/other-word-for-sequence-order",
     .title = "DataSequenceInOrder with another word than Yes or No is not agreed to",
     .proves = "R7143-6.2.2-03",
     .about = kAboutOtherWords,
     .script = [](TargetScript& s) { answers_other_word(s, "DataSequenceInOrder", {"Yes", "No"}); }},
    {.id = "6.2/other-word-for-header-digest",
     .title = "HeaderDigest with nothing that the target knows is rejected",
     .proves = "R7143-6.2.1-03",
     .about = kAboutOtherWords,
     .script = [](TargetScript& s) { answers_other_word(s, "HeaderDigest", {}); }},

    {.id = "6.2/text-over-two-requests",
     .title = "Text that is cut between two Login Requests is one text",
     .proves = "R7143-6.2-02",
     .about = "Sends the text of a login in two Login Requests, cut in the midst of a value: the first has C, its "
              "answer is empty and "
              "has no T, and after the second the key that was cut is answered as one.",
     .script =
         [](TargetScript& s) {
           Connection& c = s.connect();
           Text text = s.names();
           text.push_back({"X-io.lunway.long", std::string(200, 'a')});
           const std::vector<std::byte> all = encode_text(text);
           Pdu first = s.login_request({}, 1, 0, false).set(field::kContinue, 1);
           first.with_data(Bytes(all).first(all.size() / 2));
           c.send(first);
           const Pdu empty = s.expect(c, Opcode::login_response);
           s.require_equal(empty[field::kStatusClass], 0, "Status-Class");
           s.require(empty.data.empty(), "an empty answer to text that goes on", summary_of(empty), "6.2");
           s.require_field(empty, field::kTransit, 0);
           Pdu second = s.login_request({}, 1, 3, true).set(field::kExpStatSn, empty[field::kStatSn] + 1);
           c.send(second.with_data(Bytes(all).subspan(all.size() / 2)));
           const Pdu response = s.expect(c, Opcode::login_response);
           s.require_equal(response[field::kStatusClass], 0, "Status-Class");
           const std::string* answer = nullptr;
           const Text said = response.text();
           answer = find_value(said, "X-io.lunway.long");
           s.require(answer != nullptr && *answer == "NotUnderstood", "the key that was cut is understood as one",
                     summary_of(response));
         }},
};

}  // namespace

std::span<const Test> section_13_words() { return kTests; }

}  // namespace lunway::conformance::target_tests
