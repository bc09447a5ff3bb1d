// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// One end of a copy: a file or a logical unit. Requests may end inside the call (a file does) or later, in service().

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "cli/outcome.h"

namespace lunway::cli {

class Side {
 public:
  using Done = std::move_only_function<void(Outcome<>)>;

  virtual ~Side() = default;

  virtual std::string name() const = 0;
  virtual std::uint64_t size_bytes() const = 0;
  /// Offsets and lengths of the asynchronous requests are multiples of this; a power of two.
  virtual std::uint32_t block_bytes() const = 0;

  /// Memory stays the caller's and valid until `done` has run. Each `done` runs once.
  virtual void read(std::uint64_t offset, MutableBytes into, Done done) = 0;
  virtual void write(std::uint64_t offset, Bytes from, Done done) = 0;
  /// The range reads as zero afterwards, at the least cost that the side knows.
  virtual void zero(std::uint64_t offset, std::uint64_t length, Done done) = 0;
  /// No single zero() may be longer.
  virtual std::uint64_t max_zero_bytes() const = 0;

  /// The next range at or behind `offset` that may hold something else than zeros: first byte and end. Both are `end`
  /// when there is none.
  virtual std::pair<std::uint64_t, std::uint64_t> next_data(std::uint64_t offset, std::uint64_t end) const = 0;

  /// Any alignment, blocking, while no asynchronous request is under way.
  virtual Outcome<> read_now(std::uint64_t offset, MutableBytes into) = 0;
  virtual Outcome<> write_now(std::uint64_t offset, Bytes from) = 0;

  /// What was written is durable, and nothing more will be asked. Blocking.
  virtual Outcome<> finish() = 0;

  /// Readable when service() has something to do; -1 for a side whose requests end inside the call.
  virtual int descriptor() const = 0;
  virtual void service() = 0;
};

}  // namespace lunway::cli
