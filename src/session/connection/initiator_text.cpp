// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Text Requests and Responses of the Full Feature Phase: discovery, and the negotiation that a target asks for.
//= rfc7143#11.10
//= rfc7143#11.11

#include <cassert>
#include <memory>
#include <utility>

#include "session/connection/initiator_connection_core.h"
#include "text/negotiator.h"
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
  if (work->resetting) return session_.finish(*task, TaskFailure{.fault = TaskFault::bad_text});

  const InitiatorSessionLimits& limits = session_.limits();
  const std::size_t bytes = work->negotiator ? text::TextLimits{}.bytes : limits.discovery_bytes;
  if (++work->responses > limits.text_responses || work->answer.size() + data.size() > bytes)
    return fail_text(*task, *work, pdu.final());
  if (work->continues) {
    // Only an empty answer may come between the parts of our text, and not the end.
    //= rfc7143#6.2
    //= rfc7143#11.11.1
    if (!data.empty() || pdu.continues() || pdu.final())
      return broken("text or an end between the parts of a longer text (6.2)");
    return ask_on(*task, *work, pdu);
  }
  work->answer += text_of(data);
  work->request.clear();
  const bool is_whole_text = !pdu.continues();
  if (is_whole_text && work->negotiator && !take_negotiation(*work)) return fail_text(*task, *work, pdu.final());
  if (!pdu.final()) return ask_on(*task, *work, pdu);
  if (work->negotiator) return end_negotiation(*task, *work);
  take_discovery(*task, *work);
}

/// "The initiator MUST copy the Target Transfer Tag and LUN in its next request".
//= rfc7143#11.11.4
void InitiatorConnectionCore::ask_on(InitiatorTask& task, TextWork& work, wire::TextResponse pdu) {
  work.ttt = pdu.ttt();
  work.lun = pdu.lun();
  session_.push_again(task);
}

/// A target that waits for another request is told to forget the rest: the reserved tag resets what it holds.
//= rfc7143#6.4
//= rfc7143#11.10.4
void InitiatorConnectionCore::fail_text(InitiatorTask& task, TextWork& work, bool target_has_finished) {
  if (target_has_finished) return session_.finish(task, TaskFailure{.fault = TaskFault::bad_text});
  work.resetting = true;
  work.request.clear();
  work.ttt = wire::kNoTtt;
  work.lun = {};
  session_.push_again(task);
}

void InitiatorConnectionCore::take_discovery(InitiatorTask& task, TextWork& work) {
  auto targets =
      text::parse_target_records(work.answer, {.bytes = session_.limits().discovery_bytes, .pairs = kPairsMax});
  if (!targets) return session_.finish(task, TaskFailure{.fault = TaskFault::bad_text});
  session_.finish(task, DiscoveryCompletion{std::move(*targets)});
}

/// "The initiator MUST honor this request by issuing a Text Request (that can be empty) on the same connection [...]
/// unless a Text Request is already pending". One that is for something else does not count here: the negotiation
/// follows it.
//= rfc7143#11.9.1
bool InitiatorConnectionCore::begin_negotiation(Instant now) {
  if (session_.negotiates(cid_)) return false;
  InitiatorTask* const task = session_.allocate(now, kNegotiationTime);
  if (task == nullptr) return false;
  text::Policy policy = session_.profile().policy;
  if (declared_length_) policy.number(text::KeyId::max_recv_data_segment_length).preferred = *declared_length_;
  auto negotiator =
      std::make_unique<text::Negotiator>(text::Negotiator::Start{.role = text::Role::initiator,
                                                                 .stage = text::Stage::full_feature,
                                                                 .session_type = session_.profile().session_type,
                                                                 .leading_connection = false,
                                                                 .session = session_.parameters(),
                                                                 .connection = parameters_},
                                         policy);
  text::TextWriter writer;
  [[maybe_unused]] const auto failed = negotiator->compose(writer, false);
  task->work = TextWork{.request = std::move(writer), .negotiator = std::move(negotiator)};
  task->allegiance = cid_;
  session_.push_again(*task);
  return true;
}

bool InitiatorConnectionCore::declare_max_recv_data_segment_length(Instant now, std::uint32_t length) {
  assert(length >= 512 && length < (1U << 24));
  if (machine_.state() != State::logged_in || session_.negotiates(cid_)) return false;
  declared_length_ = length;
  return begin_negotiation(now);
}

bool InitiatorConnectionCore::take_negotiation(TextWork& work) {
  const std::string answer = std::exchange(work.answer, {});
  text::PairReader reader(answer);
  while (const auto pair = reader.next())
    if (!work.negotiator->receive(*pair)) return false;
  return !reader.fault() && !work.negotiator->compose(work.request, false);
}

/// "Parameters negotiated by a text exchange negotiation sequence only become effective after the negotiation sequence
/// is completed."
//= rfc7143#6.4
void InitiatorConnectionCore::end_negotiation(InitiatorTask& task, TextWork& work) {
  const std::uint32_t length_before = parameters_.our_max_recv_data_segment_length;
  if (!work.negotiator->finish()) parameters_ = work.negotiator->connection_parameters();
  if (recovery_ != nullptr && parameters_.our_max_recv_data_segment_length != length_before) resegment_tasks();
  framer_.set_max_data_segment_length(parameters_.our_max_recv_data_segment_length);
  session_.finish(task, ManagementCompletion{});
}

}  // namespace lunway::session
