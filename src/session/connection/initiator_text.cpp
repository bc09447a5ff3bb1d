// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Text Requests and Responses of the Full Feature Phase: discovery, and the negotiation that a target asks for.
//= rfc7143#11.10
//= rfc7143#11.11

#include <utility>

#include "session/connection/initiator_connection_core.h"
#include "text/send_targets.h"

namespace lunway::session {
namespace {

constexpr std::size_t kPairsMax = 65'536;
constexpr Duration kNegotiationTime = std::chrono::seconds(30);

}  // namespace

void InitiatorConnectionCore::take(Instant /*now*/, wire::TextResponse pdu, Bytes data) {
  if (!take_stat_sn(pdu)) return;
  take_window(pdu);
  InitiatorTask* const task = task_of(pdu.itt(), "Text Response");
  if (task == nullptr) return;
  auto* work = std::get_if<TextWork>(&task->work);
  if (work == nullptr) return broken("Text Response for a task that sent no text (11.11)");

  const InitiatorSessionLimits& limits = session_.limits();
  if (++work->responses > limits.text_responses || work->answer.size() + data.size() > limits.discovery_bytes) {
    if (work->negotiation) negotiator_.reset();
    return session_.finish(*task, TaskFailure{.fault = TaskFault::bad_text});
  }
  work->answer += text_of(data);
  work->request.clear();
  const bool is_whole_text = !pdu.continues();
  if (is_whole_text && work->negotiation && !take_negotiation(*work))
    return session_.finish(*task, TaskFailure{.fault = TaskFault::bad_text});
  if (pdu.final()) {
    if (work->negotiation) return end_negotiation(*task);
    return take_discovery(*task, *work);
  }
  // "The initiator MUST copy the Target Transfer Tag and LUN in its next request".
  //= rfc7143#11.11.4
  work->ttt = pdu.ttt();
  work->lun = pdu.lun();
  session_.push_again(*task);
}

void InitiatorConnectionCore::take_discovery(InitiatorTask& task, TextWork& work) {
  auto targets =
      text::parse_target_records(work.answer, {.bytes = session_.limits().discovery_bytes, .pairs = kPairsMax});
  if (!targets) return session_.finish(task, TaskFailure{.fault = TaskFault::bad_text});
  session_.finish(task, DiscoveryCompletion{std::move(*targets)});
}

/// "The initiator MUST honor this request by issuing a Text Request (that can be empty) on the same connection [...]
/// unless a Text Request is already pending".
//= rfc7143#11.9.1
void InitiatorConnectionCore::begin_negotiation(Instant now) {
  if (negotiator_) return;
  InitiatorTask* const task = session_.allocate(now, kNegotiationTime);
  if (task == nullptr) return;
  negotiator_.emplace(text::Negotiator::Start{.role = text::Role::initiator,
                                              .stage = text::Stage::full_feature,
                                              .session_type = session_.profile().session_type,
                                              .leading_connection = false,
                                              .session = session_.parameters(),
                                              .connection = parameters_},
                      session_.profile().policy);
  text::TextWriter writer;
  [[maybe_unused]] const auto failed = negotiator_->compose(writer, false);
  task->work = TextWork{.request = std::string(writer.text()), .negotiation = true};
  task->allegiance = cid_;
  session_.push_again(*task);
}

bool InitiatorConnectionCore::take_negotiation(TextWork& work) {
  const std::string answer = std::exchange(work.answer, {});
  text::TextWriter writer;
  bool failed = false;
  text::PairReader reader(answer);
  while (const auto pair = reader.next()) failed = failed || !negotiator_->receive(*pair);
  failed = failed || reader.fault() || negotiator_->compose(writer, false);
  if (failed) {
    negotiator_.reset();
    return false;
  }
  work.request = writer.text();
  return true;
}

/// "Parameters negotiated by a text exchange negotiation sequence only become effective after the negotiation sequence
/// is completed."
//= rfc7143#6.4
void InitiatorConnectionCore::end_negotiation(InitiatorTask& task) {
  if (!negotiator_->finish()) parameters_ = negotiator_->connection_parameters();
  negotiator_.reset();
  session_.finish(task, ManagementCompletion{});
}

}  // namespace lunway::session
