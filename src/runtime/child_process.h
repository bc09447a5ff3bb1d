// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A command line of the operator's that runs beside us, in a process group of its own, so that whatever it starts ends
// with it and nothing else does.

#pragma once

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "base/instant.h"
#include "base/result.h"

namespace lunway::runtime {

/// Its group is killed with it. One thread calls; another, of its own, takes the output in.
class ChildProcess {
 public:
  /// The beginning of what it prints is kept, the rest is dropped.
  static constexpr std::size_t kMaxOutput = std::size_t{64} << 10;

  /// How it ended: by itself with an exit status, or by a signal.
  struct Ending {
    bool by_signal = false;
    int number = 0;

    bool ok() const { return !by_signal && number == 0; }
    /// "exit status 1", "signal 11"
    std::string to_string() const;
  };

  /// `sh -c command`, with nothing to read, standard output and standard error together.
  static Result<ChildProcess> start_shell(const std::string& command);
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;
  ~ChildProcess();

  /// Nothing while it runs.
  std::optional<Ending> ending();
  std::optional<Ending> wait(Duration within);
  /// What came so far.
  std::string output() const;

 private:
  struct Output;

  ChildProcess(pid_t process, int output);

  pid_t process_;
  std::unique_ptr<Output> output_;
};

}  // namespace lunway::runtime
