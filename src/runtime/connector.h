// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Connects to the first of several addresses that answers, one after the other, each within a time.

#pragma once

#include <vector>

#include "base/instant.h"
#include "base/result.h"
#include "runtime/address.h"
#include "runtime/ring.h"
#include "runtime/timers.h"

namespace lunway::runtime {

/// One attempt. After on_connected() or on_connect_failed(), one of which comes exactly once, it may be destroyed
/// (inside the call too) or started again.
class Connector {
 public:
  class Owner {
   public:
    /// A connected socket, now the owner's.
    virtual void on_connected(Connector& connector, int socket) = 0;
    /// No address answered; the error is the last one's. ECANCELED after cancel().
    virtual void on_connect_failed(Connector& connector, const Error& error) = 0;

   protected:
    ~Owner() = default;
  };

  Connector(Ring& ring, Timers& timers, Owner& owner);
  ~Connector();
  Connector(const Connector&) = delete;
  Connector& operator=(const Connector&) = delete;

  /// `addresses` is not empty. Each gets `timeout_each`, counted from `now` for the first.
  void start(Instant now, std::vector<Address> addresses, Duration timeout_each);

  /// on_connect_failed() with ECANCELED follows, unless the connection was there first.
  void cancel();

  bool is_connecting() const { return connecting_; }

 private:
  void attempt(Instant now);
  void connected(const Outcome& outcome);
  void closed(const Outcome& outcome);
  void too_slow(Instant now);
  void attempt_ended();

  Ring& ring_;
  Owner& owner_;
  std::vector<Address> addresses_;
  std::size_t at_ = 0;  // in addresses_
  Duration timeout_each_{};
  int socket_ = -1;
  int socket_error_ = 0;
  int error_ = 0;  // of the last attempt
  bool connecting_ = false;
  bool cancelled_ = false;
  bool timed_out_ = false;
  Timer timeout_;
  Operation connect_ = Operation::calling<&Connector::connected>(this);
  Operation close_ = Operation::calling<&Connector::closed>(this);
};

}  // namespace lunway::runtime
