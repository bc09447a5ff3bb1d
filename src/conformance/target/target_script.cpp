// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/target/target_script.h"

#include <cstdio>

#include "base/big_endian.h"
#include "runtime/blocking_stream.h"

namespace lunway::conformance {
namespace {

using wire::Opcode;

constexpr std::uint32_t kOperational = 1;
constexpr std::uint32_t kFullFeature = 3;
constexpr std::size_t kWordBytes = 4;

std::string status_text(const LoginEnd& end) {
  if (!end.last.is(Opcode::login_response)) return describe(end.last);
  char text[32];
  std::snprintf(text, sizeof text, "login status 0x%04x", end.status());
  return text;
}

}  // namespace

TargetScript::TargetScript(const Test& test, Exchange& exchange, Patience patience, std::uint64_t seed,
                           const TargetUnderTest& target, const TargetFacts& facts, Identity identity)
    : ScriptBase(test, exchange, patience, seed), target_(target), facts_(facts), identity_(std::move(identity)) {}

Connection& TargetScript::connect() {
  auto stream = runtime::BlockingStream::connect(target_.address, patience().answer);
  if (!stream) inconclusive(stream.error().message);
  return ScriptBase::keep(std::make_unique<Connection>(std::move(*stream), wire::Role::initiator, exchange()));
}

Pdu TargetScript::login_request(const LoginPlan& plan, std::uint32_t csg, std::uint32_t nsg, bool transit) {
  Pdu pdu(Opcode::login_request, true);
  pdu.set(field::kTransit, transit ? 1 : 0);
  pdu.set(field::kCsg, csg);
  pdu.set(field::kNsg, transit ? nsg : 0);
  pdu.set(field::kIsid, plan.isid.value_or(identity_.isid));
  pdu.set(field::kTsih, plan.tsih);
  pdu.set(field::kCid, plan.cid);
  pdu.set(field::kCmdSn, plan.cmd_sn);
  pdu.set(field::kExpStatSn, plan.exp_stat_sn);
  return pdu;
}

Pdu TargetScript::login_request(const Text& offers) {
  Text text = names();
  text.insert(text.end(), offers.begin(), offers.end());
  return login_request({}, kOperational, kFullFeature, true).with_text(text);
}

Text TargetScript::names(const LoginPlan& plan) const {
  Text text{{"InitiatorName", plan.initiator_name.value_or(identity_.initiator_name)}};
  // A connection that joins says nothing of the session.
  //= rfc7143#13.21
  if (plan.tsih == 0) text.push_back({"SessionType", plan.discovery ? "Discovery" : "Normal"});
  if (!plan.discovery) text.push_back({"TargetName", plan.target_name.value_or(target_.name)});
  return text;
}

Link& TargetScript::log_in(const LoginPlan& plan) { return log_in(connect(), plan); }

Link& TargetScript::log_in(Connection& connection, const LoginPlan& plan) {
  LoginEnd end;
  Link* link = try_log_in(connection, plan, end);
  if (link == nullptr) inconclusive("a plain login did not succeed: " + status_text(end));
  return *link;
}

Link* TargetScript::try_log_in(const LoginPlan& plan, LoginEnd& end) { return try_log_in(connect(), plan, end); }

Link* TargetScript::try_log_in(Connection& connection, const LoginPlan& plan, LoginEnd& end) {
  end = conformance::log_in(*this, connection, plan);
  if (!end.full_feature) return nullptr;
  auto numbers = std::make_shared<SessionNumbers>();
  numbers->isid = plan.isid.value_or(identity_.isid);
  numbers->tsih = static_cast<std::uint16_t>(end.last.pdu[field::kTsih]);
  numbers->cmd_sn = plan.cmd_sn;
  Link& link = keep(connection, plan, end, std::move(numbers));
  if (plan.settle && !plan.discovery && facts_.abilities.has(Need::disk)) link.clear_attentions();
  return &link;
}

Link& TargetScript::join(Link& link, std::uint16_t cid, const Text& offers) {
  const LoginPlan plan{
      .offers = offers, .cid = cid, .isid = link.numbers()->isid, .tsih = link.tsih(), .cmd_sn = link.cmd_sn()};
  Connection& connection = connect();
  const LoginEnd end = conformance::log_in(*this, connection, plan);
  if (!end.full_feature) inconclusive("a second connection could not join: " + status_text(end));
  return keep(connection, plan, end, link.numbers());
}

Link& TargetScript::keep(Connection& connection, const LoginPlan& plan, const LoginEnd& end,
                         std::shared_ptr<SessionNumbers> numbers) {
  const std::uint32_t exp_stat_sn = end.last.pdu[field::kStatSn] + 1;
  links_.push_back(std::make_unique<Link>(*this, connection, std::move(numbers), plan.cid, end.answers, exp_stat_sn));
  return *links_.back();
}

std::vector<std::byte> TargetScript::pattern(std::size_t bytes) {
  std::vector<std::byte> data(bytes);
  for (std::size_t at = 0; at + kWordBytes <= bytes; at += kWordBytes) store_be32(&data[at], random());
  return data;
}

}  // namespace lunway::conformance
