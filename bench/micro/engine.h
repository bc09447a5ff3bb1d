// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A target's engine alone, in memory: no socket, no disk, no clock. Bytes go in, the device answers at once with
// constant bytes, what would be sent is counted.

#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "exchange/requests.h"
#include "session/entropy_source.h"
#include "session/target_connection.h"
#include "session/target_directory.h"
#include "session/target_session.h"

namespace lunway::bench {

/// Everybody may log in.
class OpenDirectory final : public session::TargetDirectory {
 public:
  std::expected<session::LoginPolicy, session::LoginRefusal> admit(const session::LoginAttempt& attempt) override;
  std::vector<text::TargetRecord> list_targets(const session::Portal& portal, const text::IscsiName& initiator,
                                               const std::optional<text::IscsiName>& target) override;
};

class ConstantEntropy final : public session::EntropySource {
 public:
  void fill(MutableBytes bytes) override;
};

class Engine {
 public:
  Engine();

  /// Takes all of it, then all that follows from it. Bytes that the target would have sent.
  std::size_t exchange(Bytes input);

  bool is_logged_in() const { return is_logged_in_; }
  std::uint64_t commands() const { return commands_; }

 private:
  void drain();
  void drain_session();
  void on(const session::Submit& submit);
  void on(const session::DataArrived& arrived);
  void on(const session::Abort& /*abort*/) {}
  void on(const session::Release& /*release*/) { ++commands_; }
  void on(const session::SubmitTaskManagement& /*submit*/) {}
  void on(const session::SessionEnded& /*ended*/) {}
  std::size_t transmit();

  const Instant now_{std::chrono::hours(1)};
  OpenDirectory directory_;
  ConstantEntropy entropy_;
  std::vector<std::byte> block_ = std::vector<std::byte>(kBlockBytes);
  const Bytes read_data_{block_};
  // The session outlives the connection.
  std::unique_ptr<session::TargetSession> session_;
  session::TargetConnection connection_;
  std::uint64_t commands_ = 0;
  bool is_logged_in_ = false;
};

}  // namespace lunway::bench
