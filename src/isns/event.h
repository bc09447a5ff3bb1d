// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What happens to a registration, for a log.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "isns/message.h"

namespace lunway::isns {

/// The server holds all that was to be registered.
struct Registered {
  std::size_t targets = 0;
  std::size_t portals = 0;

  friend bool operator==(const Registered&, const Registered&) = default;
};

/// The server said no. It is asked again later.
struct Refused {
  Function function{};
  Status status{};

  friend bool operator==(const Refused&, const Refused&) = default;
};

/// No connection, or none any more. It is tried again later.
struct Lost {
  enum class Reason : std::uint8_t { no_connection, closed, no_answer, violation };

  Reason reason{};
  std::optional<Violation> violation;  // for Reason::violation

  friend bool operator==(const Lost&, const Lost&) = default;
};

/// The server does not know the entity any more. It is registered anew.
struct Forgotten {
  friend bool operator==(const Forgotten&, const Forgotten&) = default;
};

/// The end. Not confirmed: the server forgets the entity after the registration period.
struct Deregistered {
  bool confirmed = false;

  friend bool operator==(const Deregistered&, const Deregistered&) = default;
};

using Event = std::variant<Registered, Refused, Lost, Forgotten, Deregistered>;

/// A sentence without a full stop. Holds no byte of the peer's.
std::string describe(const Event& event);

}  // namespace lunway::isns
