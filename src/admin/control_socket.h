// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The control socket: a Unix socket for the user of the server alone (0600). One line asks, all that comes until the
// end is the answer; one request a connection, one connection at a time. An answer that takes long, such as a reload
// that waits for initiators to log out, is preceded by line breaks: signs of life, which JSON does not mind.

#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "base/result.h"

namespace lunway::admin {

class ControlSocket {
 public:
  /// The longest request, and how long a client may take for it, and to take its answer.
  static constexpr std::size_t kMaxRequestBytes = 4096;
  static constexpr int kPatienceSeconds = 5;

  /// Called on a thread of the socket, one at a time, with a request without its line break.
  using Answer = std::function<std::string(const std::string& request)>;

  /// A socket that a dead server has left behind is replaced; that of a living one is an error.
  /// While an answer is not ready, a sign of life is sent this often.
  static Result<std::unique_ptr<ControlSocket>> open(const std::string& path, Answer answer,
                                                     std::chrono::milliseconds sign_of_life = std::chrono::seconds(10));

  /// Waits for the answer under way, and takes the socket away.
  ~ControlSocket();
  ControlSocket(const ControlSocket&) = delete;
  ControlSocket& operator=(const ControlSocket&) = delete;

 private:
  ControlSocket(std::string path, int listening, int stopping, Answer answer, std::chrono::milliseconds sign_of_life);

  void serve();
  void serve_one(int connection);

  const std::string path_;
  const int listening_;
  const int stopping_;  // an eventfd
  const Answer answer_;
  const std::chrono::milliseconds sign_of_life_;
  std::thread thread_;
};

/// Asks the server behind `path`, and waits for its whole answer, but for no part of it longer than `patience_s`
/// seconds.
Result<std::string> ask_control(const std::string& path, const std::string& request, int patience_s);

}  // namespace lunway::admin
