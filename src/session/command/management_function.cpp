// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "session/command/management_function.h"

#include <algorithm>
#include <array>

#include "session/command/target_task.h"

namespace lunway::session {
namespace {

using Code = wire::TaskManagementFunction;
using Reach = ManagementFunction::Reach;

struct Row {
  Code code;
  ManagementFunction function;
};

constexpr std::array kFunctions = {
    Row{Code::abort_task, {.reach = Reach::one_task}},
    Row{Code::abort_task_set, {.reach = Reach::unit_before}},
    Row{Code::clear_task_set, {.reach = Reach::unit_before}},
    Row{Code::logical_unit_reset, {.reach = Reach::unit_all}},
    Row{Code::target_warm_reset, {.reach = Reach::session_all, .resets_target = true}},
    Row{Code::target_cold_reset, {.reach = Reach::session_all, .resets_target = true, .ends_session = true}},
    Row{Code::task_reassign, {.reach = Reach::one_task}},
    Row{Code::query_task, {.reach = Reach::nobody, .needs_level_2 = true}},
    Row{Code::query_task_set, {.reach = Reach::nobody, .needs_level_2 = true}},
    Row{Code::i_t_nexus_reset, {.reach = Reach::session_all, .needs_level_2 = true, .ends_session = true}},
    Row{Code::query_asynchronous_event, {.reach = Reach::nobody, .needs_level_2 = true}},
};

}  // namespace

const ManagementFunction* find_management_function(Code code) {
  const auto* const found = std::ranges::find(kFunctions, code, &Row::code);
  return found == kFunctions.end() ? nullptr : &found->function;
}

bool is_affected(const ManagementFunction& function, const wire::TaskManagementRequest& request,
                 const TargetTask& task) {
  if (!task.is_outstanding()) return false;
  switch (function.reach) {
    case Reach::nobody:
    case Reach::one_task:
      return false;
    case Reach::unit_before:
      // An immediate command carries the number of the command after it; what counts is that it is here.
      return wire::names_same_unit(task.lun(), request.lun()) &&
             (task.immediate() || task.cmd_sn().precedes(request.cmd_sn()));
    case Reach::unit_all:
      // Whatever its number, once it has been delivered.
      //= rfc7143#E.1
      return wire::names_same_unit(task.lun(), request.lun()) &&
             (task.state != TargetTask::State::waiting || task.cmd_sn().precedes(request.cmd_sn()));
    case Reach::session_all:
      return true;
  }
  return false;
}

}  // namespace lunway::session
