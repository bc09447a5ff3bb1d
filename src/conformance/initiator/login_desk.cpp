// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/initiator/login_desk.h"

#include <algorithm>

#include "conformance/initiator/chap_desk.h"
#include "conformance/initiator/initiator_script.h"
#include "conformance/initiator/key_rules.h"

namespace lunway::conformance {
namespace {

using wire::Opcode;

// Stages, as CSG and NSG have them.
constexpr std::uint32_t kSecurity = 0;
constexpr std::uint32_t kFullFeature = 3;

constexpr unsigned kMostRounds = 256;
constexpr std::uint8_t kInitiatorError = 2;
constexpr std::uint8_t kAuthenticationFailed = 1;
constexpr std::uint32_t kDefaultSegment = 8192;

class Desk {
 public:
  Desk(InitiatorScript& script, Connection& connection, const LoginAnswers& answers)
      : script_(script),
        connection_(connection),
        answers_(answers),
        chap_(script.initiator().account, script.initiator().target_account, script.random()) {}

  LoginSeen run() {
    for (round_ = 0; round_ < kMostRounds && !seen_.full_feature; ++round_) {
      seen_.last = script_.receive(connection_);
      if (!seen_.last.is(Opcode::login_request)) break;
      const Pdu request = seen_.last.pdu;
      seen_.requests.push_back(request);
      if (!answer(request)) break;
    }
    if (seen_.full_feature) connection_.use_digests(agreed_digests());
    return std::move(seen_);
  }

 private:
  /// False when the login is over without success.
  bool answer(const Pdu& request) {
    part_.insert(part_.end(), request.data.begin(), request.data.end());
    const bool more = request[field::kContinue] != 0;
    const Text heard = more ? Text{} : decode_text(part_);
    if (!more) part_.clear();
    seen_.offers.insert(seen_.offers.end(), heard.begin(), heard.end());

    Text say;
    Pdu response = login_response(request, answers_, round_);
    bool accepted = true;
    if (more) {
      response.set(field::kTransit, 0).set(field::kNsg, 0);
    } else if (request[field::kCsg] == kSecurity) {
      accepted = secure(heard, say, response);
    } else {
      negotiate(heard, say, response);
    }
    if (!more && round_first_) say_tag(say);
    if (answers_.bend) answers_.bend({request, heard, say, response, round_});
    if (response.data.empty()) response.with_text(say);
    connection_.send(response);
    seen_.responses.push_back(response);
    seen_.answers.insert(seen_.answers.end(), say.begin(), say.end());
    const bool transits = response[field::kTransit] != 0 && response[field::kNsg] == kFullFeature;
    seen_.full_feature = accepted && transits && response[field::kStatusClass] == 0;
    return accepted;
  }

  //= rfc7143#13.9
  void say_tag(Text& say) {
    round_first_ = false;
    if (!seen_.discovery()) say.push_back({"TargetPortalGroupTag", "1"});
  }

  bool secure(const Text& heard, Text& say, Pdu& response) {
    if (const std::string* methods = find_value(heard, "AuthMethod")) {
      const bool chap = answers_.authenticate || !is_offered(*methods, "None");
      if (chap && !is_offered(*methods, "CHAP")) return refuse(response);
      say.push_back({"AuthMethod", chap ? "CHAP" : "None"});
      in_chap_ = chap;
    } else if (in_chap_ && !chap_.is_done()) {
      const auto step = chap_.answer(heard);
      if (!step) return refuse(response);
      say = *step;
    } else if (!in_chap_ && answers_.authenticate) {
      return refuse(response);
    }
    const bool open = in_chap_ && !chap_.is_done();
    if (open) response.set(field::kTransit, 0).set(field::kNsg, 0);
    return true;
  }

  static bool refuse(Pdu& response) {
    response.set(field::kTransit, 0).set(field::kNsg, 0);
    response.set(field::kStatusClass, kInitiatorError).set(field::kStatusDetail, kAuthenticationFailed);
    return false;
  }

  void negotiate(const Text& heard, Text& say, Pdu& response) {
    for (const KeyValue& offer : heard) {
      // A reply to what we proposed.
      if (find_value(proposed_, offer.key) != nullptr) continue;
      const std::string* wanted = find_value(answers_.values, offer.key);
      const auto plain = plain_answer(offer);
      if (!plain) continue;
      say.push_back({offer.key, wanted != nullptr ? *wanted : *plain});
    }
    if (proposals_made_) return;
    proposals_made_ = true;
    for (const KeyValue& value : answers_.values) {
      if (find_value(seen_.offers, value.key) == nullptr) proposed_.push_back(value);
    }
    say.insert(say.end(), proposed_.begin(), proposed_.end());
    // The initiator has a word to say before the stage can end.
    if (!proposed_.empty()) response.set(field::kTransit, 0).set(field::kNsg, 0);
  }

  wire::Digests agreed_digests() const {
    return {.header = seen_.value("HeaderDigest", "None") == "CRC32C",
            .data = seen_.value("DataDigest", "None") == "CRC32C"};
  }

  InitiatorScript& script_;
  Connection& connection_;
  const LoginAnswers& answers_;
  ChapDesk chap_;
  LoginSeen seen_;
  std::vector<std::byte> part_;
  Text proposed_;
  unsigned round_ = 0;
  bool round_first_ = true;
  bool in_chap_ = false;
  bool proposals_made_ = false;
};

}  // namespace

bool LoginTurn::is_final() const { return response[field::kTransit] != 0 && response[field::kNsg] == kFullFeature; }

bool LoginSeen::discovery() const {
  const std::string* type = find_value(offers, "SessionType");
  return type != nullptr && *type == "Discovery";
}

std::string LoginSeen::value(std::string_view key, std::string_view otherwise) const {
  const std::string* offered = find_value(offers, key);
  const std::string* answered = find_value(answers, key);
  if (answered == nullptr) return offered == nullptr ? std::string(otherwise) : *offered;
  // What we proposed and the initiator answered, unless it refused, has its value in the reply.
  const bool refused = *answered == "Reject" || *answered == "Irrelevant" || *answered == "NotUnderstood";
  return refused ? std::string(otherwise) : *answered;
}

std::uint32_t LoginSeen::number(std::string_view key, std::uint32_t otherwise) const {
  return static_cast<std::uint32_t>(number_in(value(key, {})).value_or(otherwise));
}

std::uint32_t LoginSeen::max_data_in() const {
  const std::string* declared = find_value(offers, "MaxRecvDataSegmentLength");
  if (declared == nullptr) return kDefaultSegment;
  return static_cast<std::uint32_t>(number_in(*declared).value_or(kDefaultSegment));
}

Pdu login_response(const Pdu& request, const LoginAnswers& answers, std::uint32_t round) {
  const bool transits = request[field::kTransit] != 0;
  const bool final = transits && request[field::kNsg] == kFullFeature;
  Pdu pdu(Opcode::login_response);
  pdu.set(field::kTransit, transits ? 1 : 0);
  pdu.set(field::kCsg, request[field::kCsg]);
  pdu.set(field::kNsg, transits ? request[field::kNsg] : 0);
  pdu.set(field::kIsid, request.get(field::kIsid));
  // Only the last response of a new session tells its handle.
  //= rfc7143#11.13.3
  pdu.set(field::kTsih, final ? answers.tsih : request[field::kTsih]);
  pdu.set(field::kItt, request[field::kItt]);
  pdu.set(field::kStatSn, answers.stat_sn + round);
  pdu.set(field::kExpCmdSn, request[field::kCmdSn]);
  pdu.set(field::kMaxCmdSn, request[field::kCmdSn] + answers.window - 1);
  return pdu;
}

LoginSeen serve_login(InitiatorScript& script, Connection& connection, const LoginAnswers& answers) {
  return Desk(script, connection, answers).run();
}

}  // namespace lunway::conformance
