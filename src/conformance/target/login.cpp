// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/target/login.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "conformance/target/target_script.h"
#include "text/chap_digest.h"
#include "text/encoding.h"

namespace lunway::conformance {
namespace {

using wire::Opcode;

// Stages, as CSG and NSG have them.
constexpr std::uint32_t kSecurity = 0;
constexpr std::uint32_t kOperational = 1;
constexpr std::uint32_t kFullFeature = 3;

constexpr int kMostRounds = 16;
constexpr std::uint16_t kNoStatus = 0xffff;
constexpr std::size_t kMaxChallenge = 1024;
constexpr std::string_view kAlgorithms = "7,6,5";

class Login {
 public:
  Login(TargetScript& script, Connection& connection, const LoginPlan& plan)
      : script_(script), connection_(connection), plan_(plan) {}

  LoginEnd run() {
    const bool ok = (!plan_.authenticate || !script_.target().account || authenticate()) && negotiate();
    end_.full_feature = ok;
    if (ok) connection_.use_digests(agreed_digests());
    return std::move(end_);
  }

 private:
  /// Sends one request and takes the answer in. False when the target ended the login.
  bool step(std::uint32_t csg, std::uint32_t nsg, bool transit, Text text) {
    if (first_) {
      Text names = script_.names(plan_);
      text.insert(text.begin(), names.begin(), names.end());
      first_ = false;
    }
    Pdu request = script_.login_request(plan_, csg, nsg, transit);
    request.set(field::kExpStatSn, exp_stat_sn_.value_or(plan_.exp_stat_sn));
    connection_.send(std::move(request).with_text(text));
    end_.last = script_.receive(connection_);
    if (!end_.last.is(Opcode::login_response) || end_.status() != 0) return false;
    const Pdu& response = end_.last.pdu;
    exp_stat_sn_ = response[field::kStatSn] + 1;
    heard_ = response.text();
    end_.answers.insert(end_.answers.end(), heard_.begin(), heard_.end());
    return true;
  }

  bool transits_to(std::uint32_t stage) const {
    return end_.last.pdu[field::kTransit] != 0 && end_.last.pdu[field::kNsg] == stage;
  }

  //= rfc7143#12.1.3
  bool authenticate() {
    if (!step(kSecurity, 0, false, {{"AuthMethod", "CHAP"}})) return false;
    if (const std::string* method = find_value(heard_, "AuthMethod"); method == nullptr || *method != "CHAP")
      return false;
    if (!step(kSecurity, 0, false, {{"CHAP_A", std::string(kAlgorithms)}})) return false;
    const std::optional<Text> proof = chap_proof(heard_, *script_.target().account);
    if (!proof) return false;
    if (!step(kSecurity, kOperational, true, *proof)) return false;
    return transits_to(kOperational);
  }

  bool negotiate() {
    Text say = plan_.offers;
    for (int round = 0; round < kMostRounds; ++round) {
      if (!step(kOperational, kFullFeature, true, say)) return false;
      if (transits_to(kFullFeature)) return true;
      say = replies();
    }
    return false;
  }

  /// What the target offers by itself is taken as it is.
  Text replies() const {
    Text replies;
    for (const KeyValue& pair : heard_) {
      const bool ours = find_value(plan_.offers, pair.key) != nullptr;
      const bool declared = pair.key.starts_with("Target") || pair.key == "MaxRecvDataSegmentLength";
      if (!ours && !declared) replies.push_back({pair.key, pair.value.substr(0, pair.value.find(','))});
    }
    return replies;
  }

  wire::Digests agreed_digests() const {
    const auto crc = [&](std::string_view key) {
      const std::string* answer = find_value(end_.answers, key);
      return answer != nullptr && *answer == "CRC32C";
    };
    return {.header = crc("HeaderDigest"), .data = crc("DataDigest")};
  }

  TargetScript& script_;
  Connection& connection_;
  const LoginPlan& plan_;
  LoginEnd end_;
  Text heard_;
  std::optional<std::uint32_t> exp_stat_sn_;
  bool first_ = true;
};

std::optional<unsigned> number_of(const std::string* value) {
  unsigned number = 0;
  if (value == nullptr || value->empty()) return std::nullopt;
  const bool hex = value->starts_with("0x") || value->starts_with("0X");
  const auto [end, error] =
      std::from_chars(value->data() + (hex ? 2 : 0), value->data() + value->size(), number, hex ? 16 : 10);
  if (error != std::errc{}) return std::nullopt;
  return number;
}

}  // namespace

std::uint16_t LoginEnd::status() const {
  if (!last.is(Opcode::login_response)) return kNoStatus;
  return static_cast<std::uint16_t>(last.pdu[field::kStatusClass] << 8 | last.pdu[field::kStatusDetail]);
}

std::optional<Text> chap_proof(const Text& challenge, const Account& account) {
  const std::optional<unsigned> number = number_of(find_value(challenge, "CHAP_A"));
  const std::optional<unsigned> identifier = number_of(find_value(challenge, "CHAP_I"));
  const std::string* value = find_value(challenge, "CHAP_C");
  if (!number || !identifier || value == nullptr) return std::nullopt;
  const std::optional<text::ChapAlgorithm> algorithm = text::chap_algorithm(*number);
  std::array<std::byte, kMaxChallenge> bytes{};
  const std::optional<std::size_t> size = text::decode_binary(*value, bytes);
  if (!algorithm || !size) return std::nullopt;
  const auto digest = text::ChapDigest::compute(*algorithm, static_cast<std::uint8_t>(*identifier),
                                                text::ChapSecret(account.secret), Bytes(bytes).first(*size));
  if (!digest) return std::nullopt;
  return Text{{"CHAP_N", account.name}, {"CHAP_R", text::hex_constant(digest->bytes())}};
}

LoginEnd log_in(TargetScript& script, Connection& connection, const LoginPlan& plan) {
  return Login(script, connection, plan).run();
}

}  // namespace lunway::conformance
