// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "engine.h"

#include <algorithm>

namespace lunway::bench {

std::expected<session::LoginPolicy, session::LoginRefusal> OpenDirectory::admit(
    const session::LoginAttempt& /*attempt*/) {
  return session::LoginPolicy();
}

std::vector<text::TargetRecord> OpenDirectory::list_targets(const session::Portal& /*portal*/,
                                                            const text::IscsiName& /*initiator*/,
                                                            const std::optional<text::IscsiName>& /*target*/) {
  return {};
}

void ConstantEntropy::fill(MutableBytes bytes) { std::ranges::fill(bytes, std::byte{0x5a}); }

Engine::Engine() : connection_(now_, directory_, entropy_, {}, {}) {}

std::size_t Engine::exchange(Bytes input) {
  std::size_t sent = 0;
  while (!input.empty()) {
    const std::size_t taken = connection_.receive(now_, input);
    drain();
    input = input.subspan(taken);
    if (taken == 0) {
      const std::size_t count = transmit();
      if (count == 0) return 0;  // neither takes nor gives: the measurement is void
      sent += count;
    }
  }
  while (const std::size_t count = transmit()) sent += count;
  return sent;
}

std::size_t Engine::transmit() {
  std::size_t count = 0;
  for (const Bytes piece : connection_.next_transmit()) count += piece.size();
  if (count != 0) connection_.transmitted(now_, count);
  drain();
  return count;
}

void Engine::drain() {
  drain_session();
  while (const auto output = connection_.next_output()) {
    if (const auto* open = std::get_if<session::OpenSession>(&*output)) {
      session_ = std::make_unique<session::TargetSession>(*open->request, wire::Tsih(1), session::SessionLimits());
      connection_.open(now_, *session_);
    }
    is_logged_in_ |= std::holds_alternative<session::LoggedIn>(*output);
    drain_session();
  }
}

void Engine::drain_session() {
  while (session_ != nullptr) {
    const auto output = session_->next_output();
    if (!output) return;
    std::visit([this](const auto& asked) { on(asked); }, *output);
  }
}

void Engine::on(const session::Submit& submit) {
  if (submit.write_length != 0) return session_->accept_data(submit.task, block_);
  session_->complete(submit.task, {.data_in = {&read_data_, 1}, .data_in_length = kBlockBytes});
}

void Engine::on(const session::DataArrived& arrived) {
  session_->complete(arrived.task, {.data_out_length = kBlockBytes});
}

}  // namespace lunway::bench
