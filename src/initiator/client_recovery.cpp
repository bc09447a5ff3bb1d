// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Session recovery: all connections of a lost session are closed, and a new session takes its place, under the same
// ISID.
//= rfc7143#6.3.5
//= rfc7143#7.1.4.4

#include <array>
#include <chrono>
#include <cstdio>
#include <utility>

#include "initiator/client.h"
#include "initiator/errors.h"

namespace lunway::initiator {
namespace {

/// A session that lasted so long was of use, even if nobody used it.
constexpr Duration kStable = std::chrono::seconds(10);

}  // namespace

std::string seconds_text(Duration time) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f s", std::chrono::duration<double>(time).count());
  return text.data();
}

/// The first connection of an open session that is lost takes the others with it, below ErrorRecoveryLevel 2.
void Client::lose(Error error, std::uint16_t time2wait_s) {
  loss_ = std::move(error);
  time2wait_ = std::chrono::seconds(time2wait_s);
  joined_ = false;
  const bool comes_back = was_open_ && reconnect_.is_wanted() && !leaving_;
  if (comes_back) {
    if (state_ == SessionState::logged_in) {
      lost_at_ = clock();
      if (lost_at_ - resumed_at_ > kStable) reconnect_.succeeded();
      tell("session lost: " + loss_->message);
    }
    state_ = SessionState::recovering;
  }
  for (const auto& link : links_) link->give_up();
}

bool Client::recover_session(const Error& error) {
  if (state_ == SessionState::logged_in && reconnect_.is_wanted() && !leaving_ && !loss_) {
    session_->abandon();
    lose(error, negotiated_.default_time2wait_s);
    if (links_.empty()) links_gone();
  }
  return is_recovering();
}

/// No connection is left.
void Client::links_gone() {
  session_.reset();
  timer_.disarm();
  mend_timer_.disarm();
  gaps_.clear();
  fruitless_losses_ = 0;
  if (leaving_) return end(loss_);
  Error error = loss_ ? *std::exchange(loss_, std::nullopt) : to_error(session::TaskFailure{});
  if (!is_recovering()) return end(std::move(error));
  const auto at = reconnect_.next(clock(), time2wait_);
  time2wait_ = Duration::zero();
  if (!at) return give_up(std::move(error));
  reconnect_timer_.arm(*at);
}

void Client::attempt(Instant /*at*/) {
  redirections_ = 0;
  elsewhere_.clear();
  if (auto connecting = connect(url_.host, url_.port); !connecting) attempt_failed(std::move(connecting.error()));
}

/// A session that was not open yet fails with its first attempt.
void Client::attempt_failed(Error error) {
  if (leaving_) return end(std::nullopt);
  if (!is_recovering() || destroying_) return end(std::move(error));
  if (is_final(error)) return give_up(std::move(error));
  const auto at = reconnect_.next(clock(), Duration::zero());
  if (!at) return give_up(std::move(error));
  reconnect_timer_.arm(*at);
}

void Client::resume() {
  if (!is_recovering() || loss_) return;
  state_ = SessionState::logged_in;
  ++recoveries_;
  resumed_at_ = clock();
  tell("session is back after " + seconds_text(clock() - lost_at_));
}

void Client::give_up(Error error) {
  if (!is_recovering()) return;
  error.message = "the session was lost and is not back after " + seconds_text(clock() - lost_at_) + ", " +
                  std::to_string(reconnect_.tries()) + (reconnect_.tries() == 1 ? " try: " : " tries: ") +
                  error.message;
  tell(error.message);
  reconnect_timer_.disarm();
  if (links_.empty()) return end(std::move(error));
  leaving_ = true;
  loss_ = std::move(error);
  for (const auto& link : links_) link->give_up();
}

void Client::end(std::optional<Error> failure) {
  state_ = SessionState::closed;
  failure_ = std::move(failure);
  timer_.disarm();
  // Whoever still waits for the login has not got it, even when it was given up on purpose.
  told_opened(std::unexpected(failure_.value_or(Error{ErrorKind::aborted, 0, "given up before the login was over"})));
  defer([this] {
    if (on_change_) on_change_(Change::closed);
  });
}

void Client::told_opened(Result<> result) {
  if (!opened_) return;
  defer([opened = std::exchange(opened_, {}), result = std::move(result)]() mutable { opened(std::move(result)); });
}

}  // namespace lunway::initiator
