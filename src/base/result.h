// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// How the environment fails: a file that is not there, a port that is taken, a disk that is full. The other two kinds
// of wrong have other forms: our own misuse is an assert, a peer's violation is a value of the protocol (a Reject, a
// login status, a closed connection).

#pragma once

#include <cerrno>
#include <cstring>
#include <expected>
#include <string>
#include <utility>

namespace lunway {

struct [[nodiscard]] Error {
  /// An errno value where the system gave one, else the nearest in meaning.
  int code = 0;
  /// One sentence for the person who reads it, without a full stop: what was tried, and what came of it.
  std::string message;
};

template <class T = void>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> failure(int code, std::string message) {
  return std::unexpected(Error{code, std::move(message)});
}

/// "opening /srv/db.img: No such file or directory"
inline std::unexpected<Error> system_failure(int code, std::string doing) {
  return failure(code, std::move(doing) + ": " + std::strerror(code));
}

}  // namespace lunway
