// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "initiator/management.h"

#include <variant>

#include "initiator/errors.h"
#include "initiator/sense.h"

namespace lunway::initiator {
namespace {

using Response = wire::TaskManagementResponseCode;

/// Why there was no answer.
Error no_answer(const session::TaskResult& result, const std::optional<Error>& failure) {
  if (failure) return *failure;
  const auto* fault = std::get_if<session::TaskFailure>(&result);
  return to_error(fault != nullptr ? *fault : session::TaskFailure{});
}

std::string sense_text(const PendingEvent& event) {
  return Sense{.key = event.key, .asc = event.asc, .ascq = event.ascq, .information = {}, .raw = {}}.to_string();
}

}  // namespace

PendingEvent parse_pending_event(std::uint32_t additional_information) {
  const auto byte = [&](unsigned shift) { return static_cast<std::uint8_t>(additional_information >> shift & 0xff); };
  const unsigned depth = byte(16) >> 4 & 0x3U;
  return {.key = static_cast<std::uint8_t>(byte(16) & 0x0f),
          .asc = byte(8),
          .ascq = byte(0),
          .depth = depth == 3 ? PendingEvent::Depth::unknown : static_cast<PendingEvent::Depth>(depth)};
}

Result<ManagementResult> management_result(wire::TaskManagementFunction function, const session::TaskResult& result,
                                           const std::optional<Error>& failure) {
  const auto* answer = std::get_if<session::ManagementCompletion>(&result);
  if (answer == nullptr) return std::unexpected(no_answer(result, failure));
  const bool found = answer->response == Response::function_succeeded;
  if (!found && answer->response != Response::function_complete) return std::unexpected(to_error(answer->response));
  ManagementResult told{.found = found, .additional_information = answer->additional_information};
  if (found && function == wire::TaskManagementFunction::query_asynchronous_event)
    told.event = parse_pending_event(answer->additional_information);
  return told;
}

Result<AbortOutcome> abort_outcome(const session::TaskResult& result, bool ended_first,
                                   const std::optional<Error>& failure) {
  if (ended_first) return AbortOutcome::ended_first;
  const auto* answer = std::get_if<session::ManagementCompletion>(&result);
  if (answer == nullptr) return std::unexpected(no_answer(result, failure));
  if (answer->response == Response::function_complete) return AbortOutcome::aborted;
  if (answer->response == Response::task_does_not_exist) return AbortOutcome::unknown_to_target;
  return std::unexpected(to_error(answer->response));
}

std::string ManagementResult::to_string() const {
  std::string text(wire::to_string(found ? Response::function_succeeded : Response::function_complete));
  if (!event) return text;
  text += ": " + sense_text(*event);
  if (event->depth == PendingEvent::Depth::several) text += ", and more";
  return text;
}

std::string_view to_string(AbortOutcome outcome) {
  switch (outcome) {
    case AbortOutcome::aborted:
      return "aborted";
    case AbortOutcome::never_sent:
      return "never sent";
    case AbortOutcome::ended_first:
      return "ended first";
    case AbortOutcome::unknown_to_target:
      return "unknown to the target";
  }
  return "";
}

}  // namespace lunway::initiator
