// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "session/connection/target_text_exchange.h"

#include <utility>
#include <vector>

#include "text/send_targets.h"

namespace lunway::session {

using wire::RejectReason;

TargetTextExchange::TargetTextExchange(TargetDirectory& directory, const ConnectionLimits& limits)
    : directory_(directory),
      limits_(limits),
      assembler_(text::TextLimits{.bytes = limits.text_bytes}),
      out_(limits.text_response_bytes) {}

void TargetTextExchange::begin(const SessionRequest& request, const text::ConnectionParameters& parameters) {
  request_ = &request;
  parameters_ = &parameters;
}

std::expected<TargetTextExchange::Answer, TargetTextExchange::Refusal> TargetTextExchange::receive(
    Instant now, const wire::TextRequest& request, Bytes text, wire::Ttt tag) {
  if (request.ttt() == wire::kNoTtt) {
    reset();
    active_ = true;
    itt_ = request.itt();
  } else if (!active_ || request.ttt() != tag_ || request.itt() != itt_) {
    return std::unexpected(Refusal{RejectReason::invalid_pdu_field, "a stale Target Transfer Tag (11.10.4)"});
  }
  deadline_ = now + limits_.text_exchange_idle;

  // The rest of a long answer is asked for with empty requests.
  if (!out_.done()) {
    if (!text.empty()) return refuse(RejectReason::protocol_error, "text in answer to a C bit (6.2)");
    return answer(request, tag);
  }
  text_bytes_ += text.size();
  if (text_bytes_ > limits_.text_bytes) return refuse(RejectReason::long_operation_reject, "too much text");
  if (assembler_.append(text, request.continues())) {
    return refuse(RejectReason::protocol_error, "the text breaks the rules of section 6.1");
  }
  out_.clear();
  if (assembler_.complete()) {
    if (auto taken = take_pairs(request.final()); !taken) {
      return refuse(taken.error().reason, std::move(taken.error().detail));
    }
  }
  return answer(request, tag);
}

std::expected<void, TargetTextExchange::Refusal> TargetTextExchange::take_pairs(bool final) {
  if (!negotiator_) {
    text::Negotiator::Start start;
    start.role = text::Role::target;
    start.stage = text::Stage::full_feature;
    start.session_type = request_->session.session_type;
    start.leading_connection = false;
    start.session = request_->session;
    start.connection = *parameters_;
    text::Policy policy;
    policy.number(text::KeyId::max_recv_data_segment_length).preferred = parameters_->our_max_recv_data_segment_length;
    negotiator_ = std::make_unique<text::Negotiator>(start, policy);
  }
  text::PairReader reader(assembler_.text(), text::TextLimits{.bytes = limits_.text_bytes});
  bool has_keys = false;
  while (const auto pair = reader.next()) {
    const auto received = negotiator_->receive(*pair);
    if (!received) return std::unexpected(Refusal{RejectReason::protocol_error, text::describe(received.error())});
    if (*received != text::Negotiator::Received::for_caller) {
      has_keys = true;
      continue;
    }
    if (auto listed = send_targets(pair->value); !listed) return listed;
  }
  if (reader.fault()) {
    return std::unexpected(Refusal{RejectReason::protocol_error, "the text breaks the rules of section 6.1"});
  }
  // Nothing but SendTargets: no reason to speak of anything else.
  if (!has_keys) return {};
  if (request_->session.session_type == text::SessionType::discovery) {
    return std::unexpected(Refusal{RejectReason::protocol_error, "a key other than SendTargets in discovery (4.3)"});
  }
  if (auto failed = negotiator_->compose(out_, final)) {
    return std::unexpected(Refusal{RejectReason::protocol_error, text::describe(*failed)});
  }
  return {};
}

//= rfc7143#C
std::expected<void, TargetTextExchange::Refusal> TargetTextExchange::send_targets(std::string_view value) {
  const text::SendTargets asked = text::parse_send_targets(value);
  const bool discovery = request_->session.session_type == text::SessionType::discovery;
  std::optional<text::IscsiName> only;
  if (asked.kind == text::SendTargets::Kind::all && !discovery) {
    return std::unexpected(Refusal{RejectReason::protocol_error, "SendTargets=All outside a discovery session (C)"});
  }
  if (asked.kind == text::SendTargets::Kind::own) {
    if (discovery) return std::unexpected(Refusal{RejectReason::protocol_error, "SendTargets= in discovery (C)"});
    only = request_->target_name;
  }
  if (asked.kind == text::SendTargets::Kind::named) {
    const auto name = text::IscsiName::parse(asked.name);
    if (!name) return {};  // what is no name names no target: an empty list
    // In a normal session an initiator asks for its own target only.
    if (!discovery && *name != request_->target_name) return {};
    only = *name;
  }
  for (const text::TargetRecord& record : directory_.list_targets(request_->portal, request_->initiator_name, only)) {
    if (!text::add_target_record(out_, record)) break;
  }
  return {};
}

std::expected<TargetTextExchange::Answer, TargetTextExchange::Refusal> TargetTextExchange::answer(
    const wire::TextRequest& request, wire::Ttt tag) {
  const auto piece = out_.next_piece(parameters_->peer_max_recv_data_segment_length);
  const bool waits = negotiator_ && negotiator_->awaits_answer();
  Answer answer;
  answer.fields.final = request.final() && !piece.continues && !waits && !assembler_.continuing();
  answer.fields.continues = piece.continues;
  answer.fields.lun = request.lun();
  answer.fields.itt = request.itt();
  answer.text = piece.text;
  if (!answer.fields.final) {
    answer.fields.ttt = tag_ = tag;
    return answer;
  }
  active_ = false;
  if (!negotiator_) return answer;
  if (auto failed = negotiator_->finish()) return refuse(RejectReason::protocol_error, text::describe(*failed));
  answer.agreed = negotiator_->connection_parameters();
  negotiator_.reset();
  return answer;
}

std::expected<TargetTextExchange::Answer, TargetTextExchange::Refusal> TargetTextExchange::refuse(RejectReason reason,
                                                                                                  std::string detail) {
  reset();
  return std::unexpected(Refusal{reason, std::move(detail)});
}

void TargetTextExchange::expire(Instant now) {
  if (active_ && now >= deadline_) reset();
}

void TargetTextExchange::shrink() {
  if (active_) return;
  assembler_ = text::TextAssembler({.bytes = limits_.text_bytes});
  out_ = text::TextWriter(limits_.text_response_bytes);
}

void TargetTextExchange::reset() {
  active_ = false;
  tag_ = wire::kNoTtt;
  text_bytes_ = 0;
  assembler_.clear();
  out_.clear();
  negotiator_.reset();
}

}  // namespace lunway::session
