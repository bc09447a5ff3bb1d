// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Requests, turns, and the way from a name to a connection. What moves over the connection is in client_stream.cpp.

#include "initiator/client.h"

#include <array>
#include <cerrno>
#include <iterator>
#include <utility>

#include "base/big_endian.h"
#include "initiator/errors.h"
#include "initiator/profile.h"

namespace lunway::initiator {
namespace {

constexpr unsigned kRedirectionsMax = 5;
/// Of one redirection: more are not tried.
constexpr std::size_t kNewAddressesMax = 8;
constexpr wire::Cid kCid{0};

std::unexpected<Error> no_resources(const lunway::Error& error) {
  return std::unexpected(Error{ErrorKind::resources, error.code, error.message});
}

std::string in_brackets(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

}  // namespace

Result<std::unique_ptr<Client>> Client::make(Url url, Options options, text::SessionType type) {
  SystemEntropy entropy;
  auto profile = make_profile(url, options, type, entropy);
  if (!profile) return std::unexpected(std::move(profile.error()));
  // With io_uring the descriptor would not do: epoll is not woken by a ring that defers its task work. One connection
  // gains little from it anyway.
  auto loop = runtime::Loop::make({.ring = runtime::RingKind::epoll, .buffers = {}});
  if (!loop) return no_resources(loop.error());
  auto pollable = Pollable::make((*loop)->descriptor());
  if (!pollable) return no_resources(pollable.error());
  return std::unique_ptr<Client>(
      new Client(std::move(url), std::move(options), std::move(*profile), std::move(*loop), std::move(*pollable)));
}

Client::Client(Url url, Options options, session::InitiatorProfile profile, std::unique_ptr<runtime::Loop> loop,
               Pollable pollable)
    : url_(std::move(url)),
      options_(std::move(options)),
      profile_(std::move(profile)),
      loop_(std::move(loop)),
      pollable_(std::move(pollable)),
      connector_(loop_->ring(), loop_->timers(), *this),
      timer_(runtime::Timer::calling<&Client::expired>(loop_->timers(), this)) {}

Client::~Client() {
  destroying_ = true;
  opened_ = {};
  connector_.cancel();
  while (connector_.is_connecting()) loop_->turn();
  if (stream_) stream_->close();
  while (stream_) loop_->turn();
}

// --------------------------------------------------------------------------------------------------------- connect

Result<> Client::open(Opened opened) {
  opened_ = std::move(opened);
  return connect(url_.host, url_.port);
}

Result<> Client::connect(const std::string& host, std::uint16_t port) {
  state_ = SessionState::connecting;
  auto addresses = runtime::resolve({.host = host, .port = port});
  if (!addresses) return std::unexpected(unreachable(addresses.error()));
  portal_ = in_brackets(host) + ":" + std::to_string(port);
  connector_.start(clock(), std::move(*addresses), options_.connect_timeout);
  return {};
}

void Client::on_connected(runtime::Connector& /*connector*/, int socket) {
  if (const auto peer = runtime::Address::peer_of(socket)) portal_ = peer->to_string();
  state_ = SessionState::logging_in;
  std::array<std::byte, 4> random;
  entropy_.fill(random);
  stream_ = std::make_unique<runtime::TcpStream>(loop_->ring(), socket, static_cast<runtime::TcpStream::Owner&>(*this));
  session_ = std::make_unique<session::InitiatorSession>(profile_, session::InitiatorSessionLimits{},
                                                         wire::CmdSN(load_be32(random.data())));
  connection_ =
      std::make_unique<session::InitiatorConnection>(clock(), *session_, entropy_, kCid, make_limits(options_));
  if (options_.on_pdu) connection_->observe(this);
  stream_->start();
  pump();
}

void Client::on_connect_failed(runtime::Connector& /*connector*/, const lunway::Error& error) {
  if (leaving_) return end(std::nullopt);
  if (destroying_) return end(unreachable(error));
  connect_elsewhere(unreachable(error));
}

bool Client::redirect() {
  const bool wanted = close_ && close_->reason == session::InitiatorCloseReason::login_redirected;
  if (!wanted || !options_.follow_redirects || destroying_ || redirections_++ == kRedirectionsMax) return false;
  elsewhere_.assign(std::make_move_iterator(close_->redirect.begin()), std::make_move_iterator(close_->redirect.end()));
  if (elsewhere_.size() > kNewAddressesMax) elsewhere_.resize(kNewAddressesMax);
  connect_elsewhere(to_error(*close_));
  close_.reset();
  return true;
}

/// A redirection may name several addresses: each is the target's, so the next is tried where one is not reached.
//= rfc7143#11.13.5
void Client::connect_elsewhere(Error failure) {
  while (!elsewhere_.empty()) {
    const text::TargetAddress to = std::move(elsewhere_.front());
    elsewhere_.pop_front();
    auto connecting = connect(to.host, to.port);
    if (connecting) return;
    failure = std::move(connecting.error());
  }
  end(std::move(failure));
}

void Client::end(std::optional<Error> failure) {
  state_ = SessionState::closed;
  failure_ = std::move(failure);
  timer_.disarm();
  // Whoever still waits for the login has not got it, even when it was given up on purpose.
  told_opened(std::unexpected(failure_.value_or(Error{ErrorKind::aborted, 0, "given up before the login was over"})));
}

void Client::told_opened(Result<> result) {
  if (!opened_) return;
  defer([opened = std::exchange(opened_, {}), result = std::move(result)]() mutable { opened(std::move(result)); });
}

// -------------------------------------------------------------------------------------------------------- requests

template <class Submitted>
Result<session::TaskId> Client::submitted(Submitted submitted, TaskEnd end) {
  if (!submitted) return std::unexpected(to_error(submitted.error()));
  const std::uint32_t slot = submitted->slot();
  if (slot >= ends_.size()) ends_.resize(slot + 1);
  ends_[slot] = std::move(end);
  has_requests_ = true;
  return *submitted;
}

namespace {

std::unexpected<Error> not_open() { return std::unexpected(to_error(session::SubmitError::not_possible)); }

}  // namespace

Result<session::TaskId> Client::submit(const session::ScsiRequest& request, TaskEnd end) {
  if (state_ != SessionState::logged_in) return not_open();
  return submitted(session_->submit(clock(), request), std::move(end));
}

Result<session::TaskId> Client::manage(const session::TaskManagementRequest& request, TaskEnd end) {
  if (state_ != SessionState::logged_in) return not_open();
  return submitted(session_->manage(clock(), request), std::move(end));
}

Result<session::TaskId> Client::ping(Bytes payload, TaskEnd end) {
  if (state_ != SessionState::logged_in) return not_open();
  return submitted(session_->ping(clock(), payload, options_.command_timeout), std::move(end));
}

Result<session::TaskId> Client::send_targets(std::string_view value, TaskEnd end) {
  if (state_ != SessionState::logged_in) return not_open();
  return submitted(session_->send_targets(clock(), value, options_.command_timeout), std::move(end));
}

void Client::abort(session::TaskId task) {
  if (state_ == SessionState::closed || !session_) return;
  session_->abort(clock(), task);
  pump();
}

void Client::log_out() {
  if (state_ == SessionState::closed) return;
  leaving_ = true;
  if (!stream_) {
    connector_.cancel();
    return;
  }
  state_ = SessionState::logging_out;
  session_->log_out();
  pump();
}

// ----------------------------------------------------------------------------------------------------------- turns

/// What was started since the last turn leaves in one piece, and so does what callbacks start.
bool Client::turn(Instant deadline) {
  turning_ = true;
  send_requests();
  loop_->turn(callbacks_.empty() ? deadline : Instant::min());
  const bool ran = run_callbacks();
  if (send_requests()) loop_->turn(Instant::min());
  turning_ = false;
  return ran;
}

bool Client::send_requests() {
  if (!std::exchange(has_requests_, false)) return false;
  pump();
  return true;
}

/// Those that are due now; what they defer waits for the next turn.
bool Client::run_callbacks() {
  const std::size_t due = callbacks_.size();
  for (std::size_t i = 0; i < due; ++i) {
    auto call = std::move(callbacks_.front());
    callbacks_.pop_front();
    call();
  }
  return due != 0;
}

void Client::defer(std::move_only_function<void()> call) { callbacks_.push_back(std::move(call)); }

void Client::flush() {
  if (turning_) return;  // the turn ends with all that a callback has started under way
  loop_->flush();
  if (callbacks_.empty() && !has_requests_)
    pollable_.arm(loop_->next_deadline());
  else
    pollable_.raise();
}

}  // namespace lunway::initiator
