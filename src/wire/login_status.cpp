// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "wire/login_status.h"

namespace lunway::wire {

std::string_view to_string(LoginStatus status) {
  switch (status) {
    case LoginStatus::success:
      return "Success";
    case LoginStatus::target_moved_temporarily:
      return "Target moved temporarily";
    case LoginStatus::target_moved_permanently:
      return "Target moved permanently";
    case LoginStatus::initiator_error:
      return "Initiator error";
    case LoginStatus::authentication_failure:
      return "Authentication failure";
    case LoginStatus::authorization_failure:
      return "Authorization failure";
    case LoginStatus::not_found:
      return "Not found";
    case LoginStatus::target_removed:
      return "Target removed";
    case LoginStatus::unsupported_version:
      return "Unsupported version";
    case LoginStatus::too_many_connections:
      return "Too many connections";
    case LoginStatus::missing_parameter:
      return "Missing parameter";
    case LoginStatus::cannot_include_in_session:
      return "Can't include in session";
    case LoginStatus::session_type_not_supported:
      return "Session type not supported";
    case LoginStatus::session_does_not_exist:
      return "Session does not exist";
    case LoginStatus::invalid_during_login:
      return "Invalid during login";
    case LoginStatus::target_error:
      return "Target error";
    case LoginStatus::service_unavailable:
      return "Service unavailable";
    case LoginStatus::out_of_resources:
      return "Out of resources";
  }
  return "unassigned";
}

std::string_view to_string(LoginStatusClass status_class) {
  switch (status_class) {
    case LoginStatusClass::success:
      return "Success";
    case LoginStatusClass::redirection:
      return "Redirection";
    case LoginStatusClass::initiator_error:
      return "Initiator Error";
    case LoginStatusClass::target_error:
      return "Target Error";
  }
  return "unassigned";
}

}  // namespace lunway::wire
