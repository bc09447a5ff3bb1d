// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The front of a connection: each verb checks that it was called as the header says, and leaves the parts in agreement.

#include "session/initiator_connection.h"

#include <cassert>

#include "session/connection/initiator_connection_core.h"
#include "session/initiator_session.h"

namespace lunway::session {
namespace {

/// Mutate once, drain fully: the outputs of the verb before have been taken.
class Verb {
 public:
  explicit Verb(const InitiatorConnectionCore& core) : core_(core) { assert(core_.is_drained() && "take the outputs"); }
  ~Verb() { assert(core_.is_consistent()); }
  Verb(const Verb&) = delete;
  Verb& operator=(const Verb&) = delete;

 private:
  [[maybe_unused]] const InitiatorConnectionCore& core_;
};

}  // namespace

InitiatorConnection::InitiatorConnection(Instant now, InitiatorSession& session, EntropySource& entropy, wire::Cid cid,
                                         const InitiatorConnectionLimits& limits)
    : core_(std::make_unique<InitiatorConnectionCore>(now, *session.core_, entropy, cid, limits)) {}

InitiatorConnection::~InitiatorConnection() = default;

void InitiatorConnection::observe(PduObserver* observer) { core_->observe(observer); }

std::size_t InitiatorConnection::receive(Instant now, Bytes input) {
  const Verb verb(*core_);
  return core_->receive(now, input);
}

MutableBytes InitiatorConnection::receive_window() { return core_->receive_window(); }

void InitiatorConnection::received_into_window(Instant now, std::size_t count) {
  const Verb verb(*core_);
  core_->received_into_window(now, count);
}

bool InitiatorConnection::wants_input() const { return core_->wants_input(); }

void InitiatorConnection::transport_ended(Instant now) {
  const Verb verb(*core_);
  core_->transport_ended(now);
}

std::span<const Bytes> InitiatorConnection::next_transmit(Instant now) {
  const Verb verb(*core_);
  return core_->next_transmit(now);
}

void InitiatorConnection::transmitted(Instant /*now*/, std::size_t count) {
  const Verb verb(*core_);
  core_->transmitted(count);
}

std::optional<InitiatorConnectionOutput> InitiatorConnection::next_output() { return core_->next_output(); }

Instant InitiatorConnection::deadline() const { return core_->deadline(); }

void InitiatorConnection::expire(Instant now) {
  const Verb verb(*core_);
  core_->expire(now);
}

bool InitiatorConnection::declare_max_recv_data_segment_length(Instant now, std::uint32_t length) {
  const Verb verb(*core_);
  return core_->declare_max_recv_data_segment_length(now, length);
}

InitiatorConnectionState InitiatorConnection::state() const { return core_->state(); }
wire::Cid InitiatorConnection::cid() const { return core_->cid(); }
const text::ConnectionParameters& InitiatorConnection::parameters() const { return core_->parameters(); }
bool InitiatorConnection::is_consistent() const { return core_->is_consistent(); }

}  // namespace lunway::session
