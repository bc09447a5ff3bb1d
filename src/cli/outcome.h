// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// How a command ends: the exit code that scripts rely on and the one sentence that people read.

#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "lunway/initiator.h"

namespace lunway::cli {

enum class ExitCode : int {
  done = 0,
  failed = 1,      // the call was right, what it asked for did not happen
  wrong_call = 2,  // nothing was tried: the arguments cannot work
};

struct Failure {
  ExitCode code = ExitCode::failed;
  /// What went wrong, with the RFC's name for it, and what to do next. One line, no full stop. Empty: has been said.
  std::string message;
};

template <class T = void>
using Outcome = std::expected<T, Failure>;

inline std::unexpected<Failure> failed(std::string message) {
  return std::unexpected(Failure{ExitCode::failed, std::move(message)});
}
inline std::unexpected<Failure> wrong_call(std::string message) {
  return std::unexpected(Failure{ExitCode::wrong_call, std::move(message)});
}
inline std::unexpected<Failure> failed(const Error& error) { return failed(error.message); }

/// With what to do next, where that can be known. `url` is what the session was for.
std::unexpected<Failure> failed(const initiator::Error& error, const initiator::Url& url);

/// What a person can do about it; empty when there is nothing useful to say.
std::string advice_for(const initiator::Error& error, const initiator::Url& url);

/// "127.0.0.1:3260", "[::1]:3260": what `lunway discover` takes.
std::string portal_of(const initiator::Url& url);

}  // namespace lunway::cli
