// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Listens on one address and accepts until closed, whatever happens to single connections or to the supply of
// descriptors.

#pragma once

#include <memory>

#include "base/instant.h"
#include "base/result.h"
#include "runtime/address.h"
#include "runtime/ring.h"
#include "runtime/timers.h"

namespace lunway::runtime {

struct ListenOptions {
  /// Several sockets may listen on the same address, one per shard; the system spreads connections.
  bool share_port = false;
  /// Only connections that the kernel's IPsec protects; where it cannot, no socket is opened. See ipsec.h.
  bool require_ipsec = false;
};

/// A socket bound to `address` and listening, or a sentence that says why not. IPv6 sockets take IPv6 only, so that
/// 0.0.0.0 and [::] may both listen on a port. Port 0 lets the system choose; ask Address::local_of().
Result<int> open_listening_socket(const Address& address, const ListenOptions& options = {});

/// As TcpStream: close() is asynchronous, on_listener_closed() comes once, and then the listener may be destroyed.
class Listener {
 public:
  class Owner {
   public:
    /// A connected socket, now the owner's. Who it is: Address::peer_of(socket).
    virtual void on_accepted(Listener& listener, int socket) = 0;

    /// Accepting rests until `until`: out of descriptors or memory (EMFILE, ENFILE, ENOBUFS, ENOMEM). For the log.
    virtual void on_accept_paused(Listener& /*listener*/, int /*error*/, Instant /*until*/) {}

    virtual void on_listener_closed(Listener& listener) = 0;

   protected:
    ~Owner() = default;
  };

  /// The rest after an error doubles from the first to the last.
  static constexpr Duration kPauseFirst = std::chrono::milliseconds(10);
  static constexpr Duration kPauseLast = std::chrono::seconds(1);

  /// Binds and listens at once; start() begins to accept.
  static Result<std::unique_ptr<Listener>> open(Ring& ring, Timers& timers, const Address& address, Owner& owner,
                                                const ListenOptions& options = {});
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  void start();
  void close();

  /// Where it really listens: the port that the system chose in place of 0.
  const Address& address() const { return address_; }

 private:
  Listener(Ring& ring, Timers& timers, int socket, const Address& address, Owner& owner);

  void accepted(const Outcome& outcome);
  void closed(const Outcome& outcome);
  void retry(Instant now);
  void rest(int error);

  Ring& ring_;
  Owner& owner_;
  int socket_;
  Address address_;
  bool closing_ = false;
  Duration pause_ = kPauseFirst;
  Timer retry_;
  Operation accept_ = Operation::calling<&Listener::accepted>(this);
  Operation close_ = Operation::calling<&Listener::closed>(this);
};

}  // namespace lunway::runtime
