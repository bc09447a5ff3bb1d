// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//

#include "scsi/copy/rod_tokens.h"

#include <algorithm>
#include <utility>

#include "scsi/copy/copy_limits.h"

namespace lunway::scsi {
namespace {

using State = RodToken::State;
using TokenPointer = std::shared_ptr<RodToken>;

bool is_valid(const TokenPointer& token) { return token->state == State::valid; }

bool meet(const ByteRange& one, const ByteRange& other) {
  return one.offset < other.offset + other.length && other.offset < one.offset + one.length;
}

/// Of COPY MANAGER ROD TOKEN IDENTIFIER.
Bytes identifier_of(Bytes token) { return token.subspan(8, 8); }

/// In a time that does not tell how many bytes are right.
bool are_same(Bytes one, Bytes other) {
  auto difference = std::byte{};
  for (std::size_t i = 0; i < kRodTokenBytes; ++i) difference |= one[i] ^ other[i];
  return difference == std::byte{};
}

}  // namespace

bool RodTokens::add(TokenPointer token, Instant now) {
  expire(now);
  if (!make_room(token->maker.lock().get())) return false;
  tokens_.push_back(std::move(token));
  valid_.fetch_add(1);
  return true;
}

/// An initiator that has its share gives up its oldest. Of others' tokens only those end whose session has gone.
bool RodTokens::make_room(const NexusIdentity* maker) {
  const auto is_own = [&](const TokenPointer& token) { return is_valid(token) && token->maker.lock().get() == maker; };
  if (std::ranges::count_if(tokens_, is_own) >= std::ptrdiff_t{kMostTokensOfNexus} && !cancel_oldest(maker))
    return false;
  return valid_ < kMostTokens || cancel_oldest(nullptr);
}

bool RodTokens::cancel_oldest(const NexusIdentity* maker) {
  const auto oldest = std::ranges::find_if(tokens_, [&](const TokenPointer& token) {
    return is_valid(token) && token->users == 0 && token->maker.lock().get() == maker;
  });
  if (oldest == tokens_.end()) return false;
  end(**oldest, State::cancelled);
  return true;
}

RodTokens::Found RodTokens::find(Bytes token, Instant now) {
  expire(now);
  const auto same = std::ranges::find_if(tokens_, [&](const auto& known) { return are_same(known->bytes, token); });
  if (same != tokens_.end()) return {.token = *same};
  return {.token = nullptr, .resembles = std::ranges::any_of(tokens_, [&](const auto& known) {
                              return std::ranges::equal(identifier_of(known->bytes), identifier_of(token));
                            })};
}

void RodTokens::cancel(ByteRange range) {
  for (const TokenPointer& token : tokens_) {
    const auto touches = [&](const ByteRange& own) { return meet(own, range); };
    if (is_valid(token) && std::ranges::any_of(token->ranges, touches)) invalidate(*token, State::cancelled);
  }
  forget_some();
}

void RodTokens::end(RodToken& token, State state) {
  if (token.state == State::valid) invalidate(token, state);
  forget_some();
}

void RodTokens::expire(Instant now) {
  for (const TokenPointer& token : tokens_) {
    const bool is_over = now >= token->dies || now - token->used >= token->timeout;
    if (is_valid(token) && token->users == 0 && is_over) invalidate(*token, State::expired);
  }
  forget_some();
}

void RodTokens::invalidate(RodToken& token, State state) {
  token.state = state;
  token.ranges = {};
  valid_.fetch_sub(1);
}

void RodTokens::forget_some() {
  std::size_t ended = tokens_.size() - valid_;
  for (auto token = tokens_.begin(); ended > kMostTokensRemembered;) {
    if (is_valid(*token)) {
      ++token;
    } else {
      token = tokens_.erase(token);
      --ended;
    }
  }
}

}  // namespace lunway::scsi
