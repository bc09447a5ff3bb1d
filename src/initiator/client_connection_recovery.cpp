// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Connection recovery: one connection was lost, and the session goes on, with all its commands. Over another connection
// it is logged out at once; where there is none, a new one takes its place. In the end there are as many as before.
//= rfc7143#7.1.4.3
//= rfc7143#7.5

#include <algorithm>
#include <chrono>
#include <utility>

#include "initiator/client.h"
#include "initiator/errors.h"
#include "runtime/address.h"

namespace lunway::initiator {
namespace {

/// Losses after which no command has ended: such a session is not worth it.
constexpr unsigned kFruitlessLossesMax = 16;
/// Attempts to get a connection back that the session can do without.
constexpr unsigned kSpareTries = 8;

constexpr Duration kFirstPause = std::chrono::milliseconds(50);
constexpr Duration kLongestPause = std::chrono::seconds(1);

Duration pause_after(unsigned tries) {
  return tries == 0 ? Duration::zero() : std::min(kLongestPause, kFirstPause * (1U << std::min(tries - 1, 10U)));
}

}  // namespace

bool Client::recovers_connections() const {
  return session_ && session_->recovers_connections() && !loss_ && !leaving_ && !destroying_;
}

/// The transport of a connection has ended, and its commands wait.
void Client::connection_lost(const Link& link, wire::Cid cid, const Error& error) {
  tell("connection to " + link.portal() + " lost: " + error.message);
  if (++fruitless_losses_ > kFruitlessLossesMax) return abandon(error);
  if (std::ranges::find(gaps_, cid, &Gap::cid) == gaps_.end())
    gaps_.push_back({.cid = cid, .portal = link.portal(), .tries = 0, .try_at = clock(), .lost_at = clock()});
  mend();
}

/// Does for each lost connection what can be done now.
void Client::mend() {
  if (gaps_.empty() || !recovers_connections()) return check_abandoned();
  const auto is_in_service = [](const std::unique_ptr<Link>& link) {
    return link->is_logged_in() && link->connection() != nullptr && !link->close_reason();
  };
  const bool has_connection = std::ranges::any_of(links_, is_in_service);
  const Instant now = clock();
  const auto waiting = session_->lost_connections();
  Instant next = kNever;
  for (Gap& gap : gaps_) {
    const auto lost = std::ranges::find(waiting, gap.cid, &session::LostConnection::cid);
    if (lost != waiting.end()) {
      if (lost->in_cleanup) continue;
      // "Recovery attempts [...] SHOULD NOT be made before Time2Wait seconds".
      //= rfc7143#7.5
      gap.try_at = std::max(gap.try_at, lost->recover_at);
      if (has_connection && lost->recover_at <= now && session_->recover(now, gap.cid)) continue;
    }
    if (reinstating_ == nullptr && gap.try_at <= now) reinstate(gap);
    if (gap.try_at > now) next = std::min(next, gap.try_at);
  }
  mend_timer_.arm(next);
}

void Client::reinstate(Gap& gap) {
  std::vector<runtime::Address> addresses;
  if (const auto its_own = runtime::Address::parse(gap.portal)) addresses.push_back(*its_own);
  if (gap.portal != portal_)
    if (const auto leading = runtime::Address::parse(portal_)) addresses.push_back(*leading);
  if (addresses.empty()) {
    if (auto found = runtime::resolve({.host = url_.host, .port = url_.port})) addresses = std::move(*found);
  }
  ++gap.tries;
  gap.try_at = clock() + pause_after(gap.tries);
  if (addresses.empty()) return;
  links_.push_back(std::make_unique<Link>(*loop_, static_cast<Link::Owner&>(*this)));
  reinstating_ = links_.back().get();
  reinstated_cid_ = gap.cid;
  reinstating_->connect(std::move(addresses), options_.connect_timeout);
}

void Client::reinstated(const Link& link) {
  reinstating_ = nullptr;
  const auto gap = std::ranges::find(gaps_, reinstated_cid_, &Gap::cid);
  if (gap == gaps_.end()) return;
  ++connection_recoveries_;
  tell("connection to " + link.portal() + " is back after " + seconds_text(clock() - gap->lost_at));
  gaps_.erase(gap);
  defer([this] { mend(); });
}

/// A target that refuses does not know the session any more, or does not want it.
void Client::reinstatement_failed(const session::InitiatorClose* close, const Error& error) {
  reinstating_ = nullptr;
  if (!recovers_connections()) return check_abandoned();
  using Reason = session::InitiatorCloseReason;
  const bool is_refused = close != nullptr && (close->reason == Reason::login_refused ||
                                               close->reason == Reason::login_redirected || is_final(error));
  const auto gap = std::ranges::find(gaps_, reinstated_cid_, &Gap::cid);
  const auto waiting = session_->lost_connections();
  const bool is_needed = std::ranges::find(waiting, reinstated_cid_, &session::LostConnection::cid) != waiting.end();
  if (is_refused && is_needed) return abandon(error);
  if (gap != gaps_.end() && !is_needed && !links_.empty() && (is_refused || gap->tries > kSpareTries)) {
    tell("one connection less: " + error.message);
    gaps_.erase(gap);
  }
  mend();
}

/// The session is lost after all.
void Client::abandon(const Error& error) {
  session_->abandon();
  link_drain();
  lose(error, 0);
  if (links_.empty()) links_gone();
}

/// The engine may have given up: Time2Retain is over, or the target has said so.
void Client::check_abandoned() {
  const bool was_mending = !gaps_.empty() && session_ && !loss_ && !leaving_ && !destroying_;
  if (!was_mending || session_->recovers_connections()) return;
  abandon(Error{ErrorKind::connection_lost, 0, "the connection was lost and could not be recovered in time"});
}

}  // namespace lunway::initiator
