// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Requests, turns, and the way from a name to the leading connection.

#include "initiator/client.h"

#include <utility>

#include "initiator/errors.h"
#include "initiator/profile.h"

namespace lunway::initiator {
namespace {

constexpr unsigned kRedirectionsMax = 5;
/// Of one redirection: more are not tried.
constexpr std::size_t kNewAddressesMax = 8;

std::unexpected<Error> no_resources(const lunway::Error& error) {
  return std::unexpected(Error{ErrorKind::resources, error.code, error.message});
}

std::string in_brackets(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

}  // namespace

Result<std::unique_ptr<Client>> Client::make(Url url, Options options, text::SessionType type) {
  if (url.reconnect_s) options.reconnect_time = std::chrono::seconds(*url.reconnect_s);
  if (url.reconnect_tries) options.reconnect_tries = *url.reconnect_tries;
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
      reconnect_(options_.reconnect_time, options_.reconnect_tries),
      timer_(runtime::Timer::calling<&Client::expired>(loop_->timers(), this)),
      reconnect_timer_(runtime::Timer::calling<&Client::attempt>(loop_->timers(), this)),
      mend_timer_(runtime::Timer::calling<&Client::mend_timed>(loop_->timers(), this)) {}

Client::~Client() {
  destroying_ = true;
  opened_ = {};
  on_change_ = {};
  reconnect_timer_.disarm();
  mend_timer_.disarm();
  for (const auto& link : links_) link->give_up();
  while (!links_.empty()) loop_->turn();
}

// --------------------------------------------------------------------------------------------------------- connect

Result<> Client::open(Opened opened) {
  opened_ = std::move(opened);
  return connect(url_.host, url_.port);
}

Result<> Client::connect(const std::string& host, std::uint16_t port) {
  if (!is_recovering()) state_ = SessionState::connecting;
  auto addresses = runtime::resolve({.host = host, .port = port});
  if (!addresses) return std::unexpected(unreachable(addresses.error()));
  portal_ = in_brackets(host) + ":" + std::to_string(port);
  links_.push_back(std::make_unique<Link>(*loop_, static_cast<Link::Owner&>(*this)));
  links_.back()->connect(std::move(*addresses), options_.connect_timeout);
  return {};
}

bool Client::redirect(const session::InitiatorClose& close) {
  const bool wanted = close.reason == session::InitiatorCloseReason::login_redirected;
  if (!wanted || !options_.follow_redirects || destroying_ || redirections_++ == kRedirectionsMax) return false;
  elsewhere_.assign(close.redirect.begin(), close.redirect.end());
  if (elsewhere_.size() > kNewAddressesMax) elsewhere_.resize(kNewAddressesMax);
  connect_elsewhere(to_error(close));
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
  attempt_failed(std::move(failure));
}

// -------------------------------------------------------------------------------------------------------- requests

Result<session::TaskId> Client::submitted(std::expected<session::TaskId, session::SubmitError> submitted, TaskEnd end) {
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

Result<session::TaskId> Client::probe(const session::ScsiRequest& request, TaskEnd end) {
  if (!session_ || !joined_ || loss_ || state_ == SessionState::logging_out) return not_open();
  return submitted(session_->submit(clock(), request), std::move(end));
}

void Client::abort(session::TaskId task) {
  if (state_ == SessionState::closed || !session_) return;
  session_->abort(clock(), task);
  link_pump();
}

void Client::log_out() {
  if (state_ == SessionState::closed) return;
  leaving_ = true;
  reconnect_timer_.disarm();
  mend_timer_.disarm();
  if (links_.empty() && session_) {
    session_->abandon();
    link_drain();
  }
  if (links_.empty()) return end(std::nullopt);
  for (const auto& link : links_)
    if (link->is_connecting()) link->give_up();
  if (!session_ || loss_) return;
  state_ = SessionState::logging_out;
  session_->log_out();
  link_pump();
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
  link_pump();
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
