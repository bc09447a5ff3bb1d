// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "admin/control_socket.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <functional>
#include <future>
#include <string_view>
#include <utility>

namespace lunway::admin {
namespace {

constexpr int kPauseMs = 100;

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  explicit operator bool() const { return number_ >= 0; }
  int number() const { return number_; }
  int release() { return std::exchange(number_, -1); }

 private:
  int number_;
};

Result<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    return failure(ENAMETOOLONG, "the path of a control socket has 1 to 107 bytes, not " + std::to_string(path.size()));
  }
  std::ranges::copy(path, address.sun_path);
  return address;
}

/// 0, or an errno value.
int connect_to(const Descriptor& from, const sockaddr_un& address) {
  if (!from) return EMFILE;
  return ::connect(from.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
}

int unix_socket(int flags = 0) { return ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0); }

void set_patience(int connection, int seconds) {
  const timeval patience{.tv_sec = seconds, .tv_usec = 0};
  setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

/// Asked when no byte can pass: waits until one can in the direction of `events`. False: give up.
using Wait = std::function<bool(short events)>;

/// Who has nothing else to do waits in the call, and its patience is over when it returns without a byte.
bool has_waited_in_the_call(short /*events*/) { return false; }

/// Waits until the time is over, or until `stopping` is readable.
Wait wait_unless_stopping(int connection, int stopping) {
  using Clock = std::chrono::steady_clock;
  return [=, end = Clock::now() + std::chrono::seconds(ControlSocket::kPatienceSeconds)](short events) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
    std::array<pollfd, 2> wanted{pollfd{.fd = connection, .events = events, .revents = 0},
                                 pollfd{.fd = stopping, .events = POLLIN, .revents = 0}};
    return left > 0 && poll(wanted.data(), wanted.size(), static_cast<int>(left)) > 0 && wanted[1].revents == 0;
  };
}

bool send_all(int connection, std::string_view text, const Wait& wait) {
  while (!text.empty()) {
    const ssize_t sent = ::send(connection, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent < 0 && (errno == EINTR || (errno == EAGAIN && wait(POLLOUT)))) continue;
    if (sent <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

/// What comes until the end, or until `enough`. False when it does not come.
bool receive(int connection, std::string& text, const std::function<bool()>& enough, const Wait& wait) {
  std::array<char, 4096> piece{};
  while (!enough()) {
    const ssize_t count = ::recv(connection, piece.data(), piece.size(), 0);
    if (count < 0 && (errno == EINTR || (errno == EAGAIN && wait(POLLIN)))) continue;
    if (count < 0) return false;
    if (count == 0) return true;
    text.append(piece.data(), static_cast<std::size_t>(count));
  }
  return true;
}

}  // namespace

Result<std::unique_ptr<ControlSocket>> ControlSocket::open(const std::string& path, Answer answer,
                                                           std::chrono::milliseconds sign_of_life) {
  const auto address = address_of(path);
  if (!address) return std::unexpected(address.error());
  const Descriptor probe(unix_socket());
  set_patience(probe.number(), kPatienceSeconds);
  const int refused = connect_to(probe, *address);
  if (refused == 0 || refused == EAGAIN) {
    return failure(EADDRINUSE, path + " is the control socket of another running server");
  }
  struct stat status = {};
  if (refused == ECONNREFUSED && lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode)) ::unlink(path.c_str());

  Descriptor listening(unix_socket(SOCK_NONBLOCK));
  Descriptor stopping(::eventfd(0, EFD_CLOEXEC));
  // On Linux the mode of the socket before bind() becomes that of its file: nobody gets in between.
  if (!listening || !stopping || fchmod(listening.number(), 0600) != 0 ||
      ::bind(listening.number(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0 ||
      ::listen(listening.number(), 8) != 0) {
    return system_failure(errno, "making the control socket " + path);
  }
  return std::unique_ptr<ControlSocket>(
      new ControlSocket(path, listening.release(), stopping.release(), std::move(answer), sign_of_life));
}

ControlSocket::ControlSocket(std::string path, int listening, int stopping, Answer answer,
                             std::chrono::milliseconds sign_of_life)
    : path_(std::move(path)),
      listening_(listening),
      stopping_(stopping),
      answer_(std::move(answer)),
      sign_of_life_(sign_of_life),
      thread_([this] { serve(); }) {}

ControlSocket::~ControlSocket() {
  eventfd_write(stopping_, 1);
  thread_.join();
  ::unlink(path_.c_str());
  ::close(listening_);
  ::close(stopping_);
}

void ControlSocket::serve() {
  std::array<pollfd, 2> wanted{pollfd{.fd = listening_, .events = POLLIN, .revents = 0},
                               pollfd{.fd = stopping_, .events = POLLIN, .revents = 0}};
  while (true) {
    if (poll(wanted.data(), wanted.size(), -1) < 0) {
      if (errno == EINTR) continue;
      return;
    }
    if (wanted[1].revents != 0) return;
    const Descriptor connection(::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (connection)
      serve_one(connection.number());
    else
      poll(&wanted[1], 1, kPauseMs);  // where descriptors have run out, asking at once again would not help
  }
}

void ControlSocket::serve_one(int connection) {
  std::string request;
  const auto is_whole = [&] { return request.contains('\n') || request.size() > kMaxRequestBytes; };
  if (!receive(connection, request, is_whole, wait_unless_stopping(connection, stopping_))) return;
  const std::size_t end = request.find('\n');
  if (end > kMaxRequestBytes) return;  // or there is none
  // Where the machine has no thread left, it is answered in this one, without signs of life.
  auto answer = std::async(std::launch::async | std::launch::deferred, answer_, request.substr(0, end));
  bool is_there = true;
  while (answer.wait_for(sign_of_life_) == std::future_status::timeout) {
    is_there = is_there && send_all(connection, "\n", wait_unless_stopping(connection, stopping_));
  }
  send_all(connection, answer.get(), wait_unless_stopping(connection, stopping_));
}

Result<std::string> ask_control(const std::string& path, const std::string& request, int patience_s) {
  const auto address = address_of(path);
  if (!address) return std::unexpected(address.error());
  const Descriptor connection(unix_socket());
  set_patience(connection.number(), patience_s);
  if (const int refused = connect_to(connection, *address); refused != 0) {
    return system_failure(refused, "no server answers at the control socket " + path);
  }
  std::string answer;
  if (!send_all(connection.number(), request + "\n", has_waited_in_the_call) ||
      !receive(connection.number(), answer, [] { return false; }, has_waited_in_the_call)) {
    return system_failure(errno, "asking the server behind " + path);
  }
  if (answer.empty()) return failure(EPROTO, "the server behind " + path + " said nothing");
  return answer;
}

}  // namespace lunway::admin
