// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "isns/registration.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace lunway::isns {
namespace {

constexpr Duration kMinRefreshInterval = std::chrono::seconds(1);
constexpr int kRefreshesPerPeriod = 3;

/// Those behind the delimiter: what the server did or found, not what was asked.
//= rfc4171#5.7.4
std::expected<std::vector<Attribute>, Violation> operating_attributes(Bytes bytes) {
  AttributeReader reader(bytes);
  std::vector<Attribute> operating;
  bool is_behind_delimiter = false;
  while (const auto attribute = reader.next()) {
    if (is_behind_delimiter) {
      operating.push_back(*attribute);
    } else if (attribute->tag == Tag::delimiter) {
      if (!attribute->value.empty()) return std::unexpected(Violation::value);
      is_behind_delimiter = true;
    }
  }
  if (const auto violation = reader.violation()) return std::unexpected(*violation);
  return operating;
}

const Attribute* find(const std::vector<Attribute>& attributes, Tag tag) {
  const auto found = std::ranges::find(attributes, tag, &Attribute::tag);
  return found == attributes.end() ? nullptr : &*found;
}

/// The two that are read have the form that their tags prescribe. A server without a value may say so by no bytes.
bool are_well_formed(const std::vector<Attribute>& attributes) {
  return std::ranges::all_of(attributes, [](const Attribute& attribute) {
    if (attribute.value.empty()) return true;
    if (attribute.tag == Tag::registration_period) return attribute.number().has_value();
    return attribute.tag != Tag::entity_identifier || attribute.text().has_value();
  });
}

}  // namespace

void Registration::start() {
  assert(state_ == State::fresh && fault_of(wanted_).empty());
  retry_ = options_.first_retry;
  period_ = options_.period;
  state_ = State::connecting;
  outputs_.emplace_back(Connect());
}

void Registration::connected(Instant now) {
  if (state_ != State::connecting) return;
  state_ = State::connected;
  connected_at_ = now;
  assembler_ = {};
  if (is_registered_ && wanted_ == sent_) {
    requests_.push_back(refresh_query(sent_));
  } else if (is_registered_) {
    register_changes();
  } else {
    register_all();
  }
  ask_next(now);
}

void Registration::disconnected(Instant now) {
  if (state_ == State::connecting) lose(now, {.reason = Lost::Reason::no_connection, .violation = {}});
  if (state_ == State::connected) lose(now, {.reason = Lost::Reason::closed, .violation = {}});
}

void Registration::receive(Instant now, Bytes bytes) {
  while (state_ == State::connected && !bytes.empty()) {
    const auto message = assembler_.take(bytes);
    if (!message) return lose(now, {.reason = Lost::Reason::violation, .violation = message.error()});
    // Status inquiries and notifications come only to those who register for them. Whoever sends one nevertheless
    // hears nothing.
    if (*message && (*message)->is_response()) answered(now, **message);
  }
}

void Registration::expire(Instant now) {
  if (now < deadline_) return;
  if (is_stopping_) return end(false);
  if (state_ == State::waiting) {
    state_ = State::connecting;
    deadline_ = kNever;
    outputs_.emplace_back(Connect());
  } else if (state_ == State::connected && asked_) {
    lose(now, {.reason = Lost::Reason::no_answer, .violation = {}});
  } else if (state_ == State::connected) {
    requests_.push_back(refresh_query(sent_));
    ask_next(now);
  }
}

void Registration::update(Instant now, Inventory inventory) {
  assert(inventory.entity == wanted_.entity && fault_of(inventory).empty());
  wanted_ = std::move(inventory);
  // While something is asked, its answer finds the difference.
  if (state_ != State::connected || asked_ || wanted_ == sent_) return;
  register_changes();
  ask_next(now);
}

void Registration::stop(Instant now) {
  if (is_stopping_ || state_ == State::ended) return;
  is_stopping_ = true;
  requests_.clear();
  if (state_ != State::connected || !may_be_registered_) return end(false);
  if (!asked_) {
    requests_.push_back(deregistration_request(sent_));
    ask_next(now);
  }
  deadline_ = now + options_.stop_time;
}

std::optional<Output> Registration::next_output() {
  assert(is_consistent());
  if (outputs_.empty()) return std::nullopt;
  Output output = std::move(outputs_.front());
  outputs_.pop_front();
  return output;
}

bool Registration::is_consistent() const {
  const bool waits = deadline_ != kNever;
  switch (state_) {
    case State::fresh:
    case State::connecting:
    case State::ended:
      return !waits && !asked_ && requests_.empty();
    case State::waiting:
      return waits && !asked_ && requests_.empty() && !is_stopping_;
    case State::connected:
      return waits && (asked_ || requests_.empty());
  }
  return false;
}

void Registration::register_all() {
  sent_ = wanted_;
  is_registered_ = false;
  auto requests = registration_requests(sent_, Existing::replaced, sent_.nodes.front().name, options_.period);
  requests_.assign(std::make_move_iterator(requests.begin()), std::make_move_iterator(requests.end()));
}

/// First what is new, in the name of a target that the server knows; then what is gone, in the name of one that stays.
void Registration::register_changes() {
  const Inventory before = std::exchange(sent_, wanted_);
  for (Request& request : registration_requests(sent_, Existing::kept, before.nodes.front().name, options_.period)) {
    requests_.push_back(std::move(request));
  }
  for (Request& request : removal_requests(before, sent_)) requests_.push_back(std::move(request));
}

void Registration::ask_next(Instant now) {
  const Request request = std::move(requests_.front());
  requests_.pop_front();
  asked_ = {.function = request.function, .transaction_id = ++transaction_id_, .is_last = is_stopping_};
  if (request.function == Function::dev_attr_reg) may_be_registered_ = true;
  outputs_.emplace_back(Transmit{request.encode(transaction_id_)});
  if (!is_stopping_) deadline_ = now + options_.response_time;
}

void Registration::answered(Instant now, const ReceivedMessage& message) {
  //= rfc4171#5.1.5
  const bool is_ours = asked_ && message.transaction_id == asked_->transaction_id &&
                       message.function == (std::to_underlying(asked_->function) | kResponseBit);
  const Lost violated{.reason = Lost::Reason::violation, .violation = Violation::wrong_response};
  if (!is_ours) return lose(now, violated);

  const auto response = Response::parse(message.payload);
  if (!response) return lose(now, {.reason = violated.reason, .violation = response.error()});
  const auto [function, transaction_id, is_last] = *std::exchange(asked_, std::nullopt);
  const bool is_unknown = response->status == Status::no_such_entry || response->status == Status::source_unknown;
  if (response->status != Status::successful && (function != Function::dev_attr_qry || !is_unknown)) {
    return refused(now, function, response->status);
  }
  const auto attributes = operating_attributes(response->attributes);
  if (!attributes) return lose(now, {.reason = violated.reason, .violation = attributes.error()});
  if (!are_well_formed(*attributes)) return lose(now, {.reason = violated.reason, .violation = Violation::value});

  if (is_last) return end(true);
  learn_period(*attributes);
  if (function == Function::dev_attr_qry && !is_stopping_) query_answered(*attributes);
  if (is_stopping_) requests_.push_back(deregistration_request(sent_));
  if (requests_.empty()) return all_answered(now);
  ask_next(now);
}

/// An entity that the server does not know has no attributes.
//= rfc4171#5.6.5.2
void Registration::query_answered(const std::vector<Attribute>& attributes) {
  if (find(attributes, Tag::entity_identifier) != nullptr) return;
  tell(Forgotten());
  register_all();
}

/// Zero stands for a server that watches us by other means; we did not ask it to.
void Registration::learn_period(const std::vector<Attribute>& attributes) {
  const Attribute* period = find(attributes, Tag::registration_period);
  if (period == nullptr || period->value.empty()) return;
  if (const auto seconds = *period->number(); seconds != 0) period_ = std::chrono::seconds(seconds);
}

void Registration::all_answered(Instant now) {
  if (!is_registered_ || trouble_) tell(Registered{.targets = sent_.nodes.size(), .portals = sent_.portals.size()});
  is_registered_ = true;
  trouble_.reset();
  if (wanted_ != sent_) {
    register_changes();
    return ask_next(now);
  }
  const Duration third = Duration(period_) / kRefreshesPerPeriod;
  deadline_ = now + std::clamp(third, kMinRefreshInterval, options_.max_refresh_interval);
}

/// Nothing that is said again at once would help: begin anew, later.
void Registration::refused(Instant now, Function function, Status status) {
  if (is_stopping_) return end(false);
  const Event event = Refused{.function = function, .status = status};
  if (trouble_ != event) tell(event);
  trouble_ = event;
  is_registered_ = false;
  outputs_.emplace_back(Disconnect());
  wait_for_retry(now);
}

void Registration::lose(Instant now, Lost why) {
  if (is_stopping_) return end(false);
  const Event event = why;
  const bool is_known = trouble_ && std::holds_alternative<Lost>(*trouble_);
  if (!is_known || why.reason == Lost::Reason::violation) {
    if (trouble_ != event) tell(event);
    trouble_ = event;
  }
  const bool is_ours_to_close = why.reason == Lost::Reason::no_answer || why.reason == Lost::Reason::violation;
  if (is_ours_to_close) outputs_.emplace_back(Disconnect());
  // Half of a change may have been made: what the server holds is not known any more.
  if (asked_ && asked_->function != Function::dev_attr_qry) is_registered_ = false;
  if (state_ == State::connected && now - connected_at_ >= options_.steady) retry_ = options_.first_retry;
  wait_for_retry(now);
}

void Registration::wait_for_retry(Instant now) {
  requests_.clear();
  asked_.reset();
  state_ = State::waiting;
  deadline_ = now + retry_;
  retry_ = std::min(retry_ * 2, options_.longest_retry);
}

void Registration::end(bool deregistered) {
  if (state_ == State::connected || state_ == State::connecting) outputs_.emplace_back(Disconnect());
  if (may_be_registered_) tell(Deregistered{.confirmed = deregistered});
  requests_.clear();
  asked_.reset();
  deadline_ = kNever;
  is_stopping_ = true;
  state_ = State::ended;
}

}  // namespace lunway::isns
