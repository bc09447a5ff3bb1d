// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What the engine says, as errors for people.

#pragma once

#include "base/result.h"
#include "lunway/initiator.h"
#include "session/initiator_output.h"
#include "session/initiator_request.h"

namespace lunway::initiator {

Error to_error(const session::InitiatorClose& close);
Error to_error(const session::TaskFailure& failure);
Error to_error(session::SubmitError error);
Error to_error(wire::TaskManagementResponseCode response);
/// A command that was answered with something else than GOOD.
Error to_error(const ScsiResult& result);
/// A second abort that wants to be told of the same command.
Error being_aborted();
/// Of a login: another attempt will not change it.
bool is_final(const Error& error);
/// Of the system, while connecting.
Error unreachable(const lunway::Error& error);

/// One sentence for Options::on_event.
std::string describe(const session::TargetEvent& event);

}  // namespace lunway::initiator
