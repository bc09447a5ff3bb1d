// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "runtime/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <mutex>
#include <thread>
#include <utility>

#include "runtime/clock.h"

namespace lunway::runtime {
namespace {

constexpr auto kLook = std::chrono::milliseconds(5);
constexpr int kReaderLookMs = 50;

/// The attributes and the redirections of one start.
class SpawnPlan {
 public:
  explicit SpawnPlan(int output) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, output, STDERR_FILENO);

    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setpgroup(&attributes_, 0);
    // What we ignore or block is no business of the command's.
    sigset_t signals;
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes_, &signals);
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes_, &signals);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  /// 0, or an errno value.
  int run(std::string command, pid_t& process) {
    std::string shell = "sh";
    std::string flag = "-c";
    const std::array<char*, 4> arguments{shell.data(), flag.data(), command.data(), nullptr};
    return ::posix_spawn(&process, "/bin/sh", &actions_, &attributes_, arguments.data(), environ);
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

}  // namespace

/// The reading end of the pipe, and the thread that empties it: a command that prints must not wait for us.
struct ChildProcess::Output {
  explicit Output(int descriptor) : pipe(descriptor), reader([this](const std::stop_token& stop) { read(stop); }) {}
  ~Output() {
    reader.request_stop();
    reader.join();
    (void)::close(pipe);
  }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  void read(const std::stop_token& stop) {
    std::array<char, 4096> chunk{};
    while (!stop.stop_requested()) {
      pollfd entry{.fd = pipe, .events = POLLIN, .revents = 0};
      if (::poll(&entry, 1, kReaderLookMs) <= 0) continue;
      const ssize_t count = ::read(pipe, chunk.data(), chunk.size());
      if (count <= 0) return;
      const std::lock_guard lock(mutex);
      text.append(chunk.data(), std::min(static_cast<std::size_t>(count), kMaxOutput - text.size()));
    }
  }

  int pipe;
  mutable std::mutex mutex;
  std::string text;
  std::jthread reader;
};

std::string ChildProcess::Ending::to_string() const {
  return (by_signal ? "signal " : "exit status ") + std::to_string(number);
}

Result<ChildProcess> ChildProcess::start_shell(const std::string& command) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return system_failure(errno, "cannot make a pipe");
  pid_t process = 0;
  const int error = SpawnPlan(ends[1]).run(command, process);
  (void)::close(ends[1]);
  if (error != 0) {
    (void)::close(ends[0]);
    return system_failure(error, "cannot start a shell");
  }
  return ChildProcess(process, ends[0]);
}

ChildProcess::ChildProcess(pid_t process, int output) : process_(process), output_(std::make_unique<Output>(output)) {}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : process_(std::exchange(other.process_, 0)), output_(std::move(other.output_)) {}

ChildProcess::~ChildProcess() {
  if (process_ == 0) return;
  // The shell is not reaped yet, so its number still names this group and no other.
  (void)::kill(-process_, SIGKILL);
  while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

std::optional<ChildProcess::Ending> ChildProcess::ending() {
  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(process_), &info, WEXITED | WNOHANG | WNOWAIT) != 0) return std::nullopt;
  if (info.si_pid == 0) return std::nullopt;
  return Ending{.by_signal = info.si_code != CLD_EXITED, .number = info.si_status};
}

std::optional<ChildProcess::Ending> ChildProcess::wait(Duration within) {
  const Instant deadline = read_clock() + within;
  for (;;) {
    if (const auto end = ending()) return end;
    if (read_clock() >= deadline) return std::nullopt;
    std::this_thread::sleep_for(kLook);
  }
}

std::string ChildProcess::output() const {
  const std::lock_guard lock(output_->mutex);
  return output_->text;
}

}  // namespace lunway::runtime
