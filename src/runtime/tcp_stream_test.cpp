// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "runtime/tcp_stream.h"

#include <gmock/gmock.h>
#include <netinet/tcp.h>

#include <chrono>
#include <functional>
#include <random>

#include "runtime/ring_test.h"

namespace lunway::runtime {
namespace {

using namespace std::chrono_literals;

/// An owner that writes down what it is told, and does what the test says in each callback.
class Recorder final : public TcpStream::Owner {
 public:
  Recorder(Ring& ring, int socket) : stream(std::make_unique<TcpStream>(ring, socket, *this)) {}

  void on_bytes(TcpStream& from, Bytes bytes) override {
    EXPECT_FALSE(bytes.empty());
    EXPECT_FALSE(paused);
    received.insert(received.end(), bytes.begin(), bytes.end());
    if (at_bytes) at_bytes(from);
  }
  void on_filled(TcpStream& from) override {
    ++filled;
    if (at_filled) at_filled(from);
  }
  void on_sent(TcpStream& from) override {
    ++sent;
    if (at_sent) at_sent(from);
  }
  void on_peer_finished(TcpStream& from) override {
    ++finished;
    at_finished(from);
  }
  void on_closed(TcpStream&, TcpStream::Closed how) override {
    ++closings;
    closed = how;
    stream.reset();
  }
  void on_released(TcpStream&, int socket) override {
    released = socket;
    stream.reset();
  }

  std::unique_ptr<TcpStream> stream;
  std::vector<std::byte> received;
  bool paused = false;
  int filled = 0;
  int sent = 0;
  int finished = 0;
  int closings = 0;
  int released = -1;
  TcpStream::Closed closed;
  std::function<void(TcpStream&)> at_bytes;
  std::function<void(TcpStream&)> at_filled;
  std::function<void(TcpStream&)> at_sent;
  std::function<void(TcpStream&)> at_finished = [](TcpStream& from) { from.close(); };
};

class TcpStreamTest : public RingTest {
 protected:
  /// A stream on the ring, and the raw socket of its peer.
  std::unique_ptr<Recorder> open_stream() {
    const SocketPair pair = connected_pair();
    peer_ = pair.far;
    auto recorder = std::make_unique<Recorder>(*ring_, pair.near);
    return recorder;
  }
  std::unique_ptr<Recorder> started_stream() {
    auto recorder = open_stream();
    recorder->stream->start();
    return recorder;
  }
  void TearDown() override {
    if (peer_ >= 0) ::close(peer_);
  }
  void peer_says(std::string_view text) {
    ASSERT_EQ(::send(peer_, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }
  void close_peer() { ::close(std::exchange(peer_, -1)); }
  bool run_until_closed(Recorder& recorder) {
    return run_until([&] { return recorder.closings != 0; }) && ring_->in_flight() == 0;
  }
  bool run_until_received(Recorder& recorder, std::string_view text) {
    return run_until([&] { return recorder.received.size() >= text.size(); }) && text_of(recorder.received) == text;
  }

  int peer_ = -1;
};

LUNWAY_OVER_BOTH_RINGS(TcpStreamTest);

TEST_P(TcpStreamTest, NeverStartedItJustClosesItsSocket) {
  open_stream();
  char byte = 0;
  EXPECT_EQ(::recv(peer_, &byte, 1, 0), 0);
}

TEST_P(TcpStreamTest, DeliversBytesInOrder) {
  auto recorder = started_stream();
  peer_says("one ");
  run_a_little();
  peer_says("two ");
  peer_says("three");
  EXPECT_TRUE(run_until_received(*recorder, "one two three"));
  recorder->stream->close();
  EXPECT_EQ(recorder->closings, 0);  // never inside the call
  EXPECT_TRUE(run_until_closed(*recorder));
  EXPECT_EQ(recorder->closed.end, TcpStream::End::closed);
}

TEST_P(TcpStreamTest, PeerThatFinishesIsAnOrderlyEnd) {
  auto recorder = started_stream();
  peer_says("bye");
  close_peer();
  ASSERT_TRUE(run_until_closed(*recorder));
  EXPECT_EQ(text_of(recorder->received), "bye");
  EXPECT_EQ(recorder->finished, 1);
  EXPECT_EQ(recorder->closed.end, TcpStream::End::peer_finished);
  EXPECT_EQ(recorder->closed.error, 0);
}

TEST_P(TcpStreamTest, OwnerMayAnswerAfterThePeerFinished) {
  auto recorder = started_stream();
  recorder->at_finished = [](TcpStream& stream) {
    const Bytes answer = bytes_of("last words");
    stream.send({&answer, 1});
  };
  recorder->at_sent = [](TcpStream& stream) { stream.close(); };
  ::shutdown(peer_, SHUT_WR);
  ASSERT_TRUE(run_until_closed(*recorder));
  EXPECT_EQ(recorder->finished, 1);
  EXPECT_EQ(recorder->closed.end, TcpStream::End::peer_finished);
  char text[20] = "";
  EXPECT_EQ(::recv(peer_, text, sizeof text, MSG_WAITALL), 10);
  EXPECT_STREQ(text, "last words");
}

TEST_P(TcpStreamTest, PeerResetHasItsReason) {
  auto recorder = started_stream();
  run_a_little();
  reset_and_close(std::exchange(peer_, -1));
  ASSERT_TRUE(run_until_closed(*recorder));
  EXPECT_EQ(recorder->closed.end, TcpStream::End::peer_reset);
  EXPECT_EQ(recorder->closed.error, ECONNRESET);
  EXPECT_THAT(to_string(recorder->closed), testing::HasSubstr("reset"));
}

TEST_P(TcpStreamTest, PeerResetInTheMiddleOfASendAndAReceiveInto) {
  auto recorder = open_stream();
  std::vector<std::byte> place(1000);
  recorder->stream->receive_into(place);
  recorder->stream->start();
  auto bytes = pattern(8'000'000);
  const Bytes piece = bytes;
  recorder->stream->send({&piece, 1});
  peer_says("half");
  run_a_little();
  reset_and_close(std::exchange(peer_, -1));
  ASSERT_TRUE(run_until_closed(*recorder));
  EXPECT_EQ(recorder->closed.end, TcpStream::End::peer_reset);
  EXPECT_EQ(recorder->sent, 0);
  EXPECT_EQ(recorder->filled, 0);
  EXPECT_EQ(recorder->closings, 1);
}

TEST_P(TcpStreamTest, OurResetIsSeenByThePeer) {
  auto recorder = started_stream();
  recorder->stream->reset();
  ASSERT_TRUE(run_until_closed(*recorder));
  EXPECT_EQ(recorder->closed.end, TcpStream::End::closed);
  char byte = 0;
  EXPECT_EQ(::recv(peer_, &byte, 1, 0), -1);
  EXPECT_EQ(errno, ECONNRESET);
}

TEST_P(TcpStreamTest, ReceiveIntoTakesExactlyItsBytes) {
  auto recorder = started_stream();
  std::vector<std::byte> place(6);
  recorder->at_bytes = [&](TcpStream& stream) {
    if (text_of(recorder->received) == "head") stream.receive_into(place);
  };
  peer_says("head");
  ASSERT_TRUE(run_until_received(*recorder, "head"));
  peer_says("pla");
  run_a_little();
  EXPECT_EQ(recorder->filled, 0);
  peer_says("ce!tail");
  ASSERT_TRUE(run_until_received(*recorder, "headtail"));
  EXPECT_EQ(recorder->filled, 1);
  EXPECT_EQ(text_of(place), "place!");
  recorder->stream->close();
  EXPECT_TRUE(run_until_closed(*recorder));
}

TEST_P(TcpStreamTest, ReceiveIntoNamedWhileAReceiveIsOnItsWay) {
  auto recorder = started_stream();
  run_a_little();
  std::vector<std::byte> place(6);
  recorder->stream->receive_into(place);
  peer_says("place!tail");
  ASSERT_TRUE(run_until_received(*recorder, "tail"));
  EXPECT_EQ(recorder->filled, 1);
  EXPECT_EQ(text_of(place), "place!");
  recorder->stream->close();
  EXPECT_TRUE(run_until_closed(*recorder));
}

TEST_P(TcpStreamTest, PauseKeepsBytesFromTheOwner) {
  auto recorder = started_stream();
  run_a_little();
  recorder->stream->pause();
  recorder->paused = true;
  peer_says("early");
  run_a_little();
  EXPECT_TRUE(recorder->received.empty());
  ::shutdown(peer_, SHUT_WR);
  run_a_little();
  EXPECT_EQ(recorder->finished, 0);
  recorder->paused = false;
  recorder->stream->resume();
  EXPECT_TRUE(recorder->received.empty());  // never inside the call
  ASSERT_TRUE(run_until_closed(*recorder));
  EXPECT_EQ(text_of(recorder->received), "early");
  EXPECT_EQ(recorder->finished, 1);
}

TEST_P(TcpStreamTest, PauseAndResumeInTheSameTurnLoseNothing) {
  auto recorder = started_stream();
  run_a_little();
  std::string expected;
  for (int i = 0; i < 100; ++i) {
    recorder->stream->pause();
    if (i % 3 == 0) ring_->run(Instant::min());
    const std::string text = std::to_string(i) + ",";
    peer_says(text);
    expected += text;
    recorder->stream->resume();
    if (i % 5 == 0) ring_->run(Instant::min());
  }
  EXPECT_TRUE(run_until_received(*recorder, expected));
  recorder->stream->close();
  EXPECT_TRUE(run_until_closed(*recorder));
}

TEST_P(TcpStreamTest, PauseWhenTheBytesAreAlreadyInTheSameTurn) {
  auto left = started_stream();
  const int left_peer = std::exchange(peer_, -1);
  auto right = started_stream();
  run_a_little();
  const auto pause = [](Recorder& other) {
    other.stream->pause();
    other.paused = true;
  };
  left->at_bytes = [&](TcpStream&) { pause(*right); };
  right->at_bytes = [&](TcpStream&) { pause(*left); };
  ASSERT_EQ(::send(left_peer, "word", 4, 0), 4);
  peer_says("word");
  run_a_little();
  EXPECT_EQ(left->received.size() + right->received.size(), 4U);

  left->at_bytes = right->at_bytes = nullptr;
  for (Recorder* each : {left.get(), right.get()}) {
    each->paused = false;
    each->stream->resume();
    EXPECT_TRUE(run_until_received(*each, "word"));
    each->stream->close();
  }
  EXPECT_TRUE(run_until([&] { return ring_->in_flight() == 0; }));
  ::close(left_peer);
}

TEST_P(TcpStreamTest, PausedReceiveIntoGoesOnWhereItStopped) {
  auto recorder = open_stream();
  std::vector<std::byte> place(6);
  recorder->stream->receive_into(place);
  recorder->stream->start();
  peer_says("pla");
  run_a_little();
  recorder->stream->pause();
  run_a_little();
  peer_says("ce!");
  run_a_little();
  EXPECT_EQ(recorder->filled, 0);
  recorder->stream->resume();
  ASSERT_TRUE(run_until([&] { return recorder->filled == 1; }));
  EXPECT_EQ(text_of(place), "place!");
  recorder->stream->close();
  EXPECT_TRUE(run_until_closed(*recorder));
}

TEST_P(TcpStreamTest, CloseInsideEachCallback) {
  for (const int which : {0, 1, 2, 3}) {
    auto recorder = open_stream();
    const auto close = [](TcpStream& stream) {
      stream.close();
      stream.close();
    };
    std::vector<std::byte> place(2);
    const Bytes answer = bytes_of("answer");
    if (which == 0) recorder->at_bytes = close;
    if (which == 1) recorder->at_filled = close;
    if (which == 2) recorder->at_sent = close;
    if (which == 3) recorder->at_finished = close;
    if (which == 1) recorder->stream->receive_into(place);
    recorder->stream->start();
    if (which == 2) recorder->stream->send({&answer, 1});
    if (which == 0 || which == 1) peer_says("xyz");
    if (which == 3) ::shutdown(peer_, SHUT_WR);
    ASSERT_TRUE(run_until_closed(*recorder)) << which;
    EXPECT_EQ(recorder->closings, 1);
    close_peer();
  }
}

TEST_P(TcpStreamTest, CloseWhileEverythingIsInFlight) {
  auto recorder = started_stream();
  auto bytes = pattern(8'000'000);
  const Bytes piece = bytes;
  recorder->stream->send({&piece, 1});
  run_a_little();
  EXPECT_TRUE(recorder->stream->is_sending());
  recorder->stream->pause();
  recorder->stream->resume();
  recorder->stream->close();
  ASSERT_TRUE(run_until_closed(*recorder));
  EXPECT_EQ(recorder->sent, 0);
  EXPECT_EQ(recorder->closed.end, TcpStream::End::closed);
}

TEST_P(TcpStreamTest, FinishSendingWaitsForTheSend) {
  auto recorder = started_stream();
  auto bytes = pattern(4'000'000);
  const Bytes piece = bytes;
  recorder->stream->send({&piece, 1});
  recorder->stream->finish_sending();
  Probe receive;
  std::vector<std::byte> into(bytes.size() + 1);
  ring_->receive(receive.operation, peer_, into);
  ASSERT_TRUE(run_until([&] { return receive.done; }));
  EXPECT_EQ(receive.last().value, bytes.size());  // and then the end
  into.pop_back();
  EXPECT_TRUE(into == bytes);
  EXPECT_EQ(recorder->sent, 1);
  ring_->forget(peer_);
  close_peer();
  ASSERT_TRUE(run_until_closed(*recorder));
}

TEST_P(TcpStreamTest, ReleasedSocketGoesOnOnAnotherRing) {
  auto recorder = started_stream();
  peer_says("before ");
  ASSERT_TRUE(run_until_received(*recorder, "before "));
  recorder->stream->release();
  ASSERT_TRUE(run_until([&] { return recorder->released >= 0; }));
  EXPECT_EQ(ring_->in_flight(), 0U);
  EXPECT_EQ(recorder->closings, 0);

  peer_says("after");
  auto old_ring = std::exchange(ring_, make_ring(GetParam()).value());
  Recorder second(*ring_, recorder->released);
  second.stream->start();
  EXPECT_TRUE(run_until_received(second, "after"));
  second.stream->close();
  EXPECT_TRUE(run_until_closed(second));
}

TEST_P(TcpStreamTest, ReleaseLosesNoByte) {
  auto recorder = started_stream();
  run_a_little();
  recorder->stream->pause();
  peer_says("some bytes");
  recorder->stream->release();
  ASSERT_TRUE(run_until([&] { return recorder->released >= 0; }));
  std::string all(text_of(recorder->received));
  char rest[32] = "";
  const ssize_t count = ::recv(recorder->released, rest, sizeof rest, MSG_DONTWAIT);
  if (count > 0) all.append(rest, static_cast<std::size_t>(count));
  EXPECT_EQ(all, "some bytes");
  ::close(recorder->released);
}

TEST_P(TcpStreamTest, ReleaseOfADeadConnectionCloses) {
  auto recorder = started_stream();
  run_a_little();
  reset_and_close(std::exchange(peer_, -1));
  recorder->stream->release();
  ASSERT_TRUE(run_until([&] { return recorder->closings + (recorder->released >= 0 ? 1 : 0) == 1; }));
  if (recorder->released >= 0) ::close(recorder->released);
  EXPECT_EQ(ring_->in_flight(), 0U);
}

/// Sends what it has in random cuts; receives by on_bytes and receive_into in turn, with pauses.
struct Talker {
  Talker(Ring& ring, int socket, std::uint32_t seed, std::size_t size)
      : random(seed), out(pattern(size, seed)), recorder(ring, socket) {
    recorder.at_sent = [this](TcpStream&) { send_more(); };
    recorder.at_filled = [this](TcpStream&) {
      recorder.received.insert(recorder.received.end(), place.begin(), place.end());
      choose();
    };
    recorder.at_bytes = [this](TcpStream&) { choose(); };
  }
  void choose() {
    if (random() % 4 == 0) {
      recorder.stream->pause();
      recorder.stream->resume();
    }
    const std::size_t left = expected - recorder.received.size();
    if (random() % 2 == 0 || left == 0) return;
    place.assign(std::min<std::size_t>(left, 1 + random() % 100'000), std::byte{});
    recorder.stream->receive_into(place);
  }
  void send_more() {
    pieces.clear();
    for (std::size_t i = 0; i < 1 + random() % 50 && at < out.size(); ++i) {
      const std::size_t size = std::min<std::size_t>(random() % (random() % 8 == 0 ? 200'000 : 100), out.size() - at);
      pieces.push_back(Bytes(out).subspan(at, size));
      at += size;
    }
    if (pieces.empty()) return recorder.stream->finish_sending();
    recorder.stream->send(pieces);
  }

  std::mt19937 random;
  std::vector<std::byte> out;
  std::size_t at = 0;
  std::size_t expected = 0;
  std::vector<Bytes> pieces;
  std::vector<std::byte> place;
  Recorder recorder;
};

TEST_P(TcpStreamTest, MegabytesBothWaysCutAtRandom) {
  for (const std::uint32_t seed : {1U, 2U}) {
    const SocketPair pair = connected_pair();
    shrink_send_buffer(pair.near);
    Talker left(*ring_, pair.near, 2 * seed, 1'500'000);
    Talker right(*ring_, pair.far, 2 * seed + 1, 1'000'000);
    left.expected = right.out.size();
    right.expected = left.out.size();
    for (Talker* talker : {&left, &right}) {
      talker->recorder.stream->start();
      talker->send_more();
      // The last talker to finish closes; the other one then sees the end, too.
      talker->recorder.at_finished = [talker](TcpStream& stream) {
        if (talker->at == talker->out.size() && !stream.is_sending()) stream.close();
      };
    }
    ASSERT_TRUE(run_until([&] {
      return left.recorder.received.size() == left.expected && right.recorder.received.size() == right.expected;
    })) << seed;
    EXPECT_TRUE(left.recorder.received == right.out) << seed;
    EXPECT_TRUE(right.recorder.received == left.out) << seed;
    for (Talker* talker : {&left, &right}) {
      if (talker->recorder.stream) talker->recorder.stream->close();
    }
    ASSERT_TRUE(run_until([&] { return ring_->in_flight() == 0; }));
    EXPECT_EQ(left.recorder.closings, 1);
    EXPECT_EQ(right.recorder.closings, 1);
  }
}

TEST_P(TcpStreamTest, ManyStreamsAtOnce) {
  constexpr std::size_t kStreams = 200;
  std::vector<std::unique_ptr<Recorder>> echoes;
  std::vector<std::unique_ptr<Recorder>> callers;
  std::vector<std::vector<std::byte>> words;
  std::vector<Bytes> pieces(kStreams);
  for (std::size_t i = 0; i < kStreams; ++i) {
    const SocketPair pair = connected_pair();
    echoes.push_back(std::make_unique<Recorder>(*ring_, pair.near));
    callers.push_back(std::make_unique<Recorder>(*ring_, pair.far));
    words.push_back(pattern(5000, static_cast<std::uint32_t>(i)));
    Recorder& echo = *echoes.back();
    echo.at_bytes = [&echo](TcpStream& stream) {
      if (echo.received.size() < 5000) return;
      const Bytes all = echo.received;
      stream.send({&all, 1});
    };
    echo.stream->start();
    callers.back()->stream->start();
    pieces[i] = words[i];
    callers.back()->stream->send({&pieces[i], 1});
  }
  ASSERT_TRUE(run_until([&] {
    return std::ranges::all_of(callers, [](const auto& caller) { return caller->received.size() == 5000; });
  }));
  for (std::size_t i = 0; i < kStreams; ++i) EXPECT_TRUE(callers[i]->received == words[i]) << i;
  for (auto& caller : callers) caller->stream->close();
  ASSERT_TRUE(run_until([&] { return ring_->in_flight() == 0; }));
  for (const auto& echo : echoes) EXPECT_EQ(echo->closed.end, TcpStream::End::peer_finished);
}

TEST_P(TcpStreamTest, LimitOfSilenceIsAskedOfTheSystem) {
  const SocketPair pair = connected_pair();
  limit_silence(pair.near, 20s);
  int value = 0;
  socklen_t length = sizeof value;
  ASSERT_EQ(::getsockopt(pair.near, IPPROTO_TCP, TCP_USER_TIMEOUT, &value, &length), 0);
  EXPECT_EQ(value, 20'000);
  ASSERT_EQ(::getsockopt(pair.near, SOL_SOCKET, SO_KEEPALIVE, &value, &length), 0);
  EXPECT_EQ(value, 1);
  ::close(pair.near);
  ::close(pair.far);
}

TEST_P(TcpStreamTest, AnIdleStreamIsSmall) { EXPECT_LE(sizeof(TcpStream), 1024U); }

}  // namespace
}  // namespace lunway::runtime
