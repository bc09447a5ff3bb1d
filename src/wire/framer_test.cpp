// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "wire/framer.h"

#include <gtest/gtest.h>

#include <random>
#include <tuple>

#include "wire/data_out.h"
#include "wire/nop_out.h"
#include "wire/scsi_command.h"
#include "wire/testing/hex.h"
#include "wire/testing/stream.h"

namespace lunway::wire {
namespace {

using namespace testing;

std::vector<std::byte> pattern(std::size_t size, unsigned seed) {
  std::vector<std::byte> data(size);
  for (std::size_t i = 0; i < size; ++i) data[i] = std::byte((seed + i * 7) & 0xff);
  return data;
}

// How TCP cuts the stream. Every exchange of this file runs in all of these ways.
enum class Cut { whole, bytewise, random_1, random_2, random_3 };

std::vector<std::size_t> piece_sizes(Cut cut, std::size_t total) {
  if (cut == Cut::whole) return {total};
  if (cut == Cut::bytewise) return std::vector<std::size_t>(total, 1);
  std::minstd_rand random(static_cast<unsigned>(cut));
  std::vector<std::size_t> sizes;
  for (std::size_t left = total; left != 0;) {
    const std::size_t size = std::min<std::size_t>(left, 1 + random() % 90);
    sizes.push_back(size);
    left -= size;
  }
  return sizes;
}

// Feeds `stream` in pieces that are freed as soon as they are read, so that AddressSanitizer sees a view that outlives
// its call.
void feed_cut(StreamReader& reader, Bytes stream, Cut cut) {
  for (const std::size_t size : piece_sizes(cut, stream.size())) {
    const std::vector<std::byte> piece(stream.begin(), stream.begin() + static_cast<std::ptrdiff_t>(size));
    reader.feed(piece);
    stream = stream.subspan(size);
  }
}

class FramerExchange : public ::testing::TestWithParam<std::tuple<bool, bool, Cut, Placing>> {
 protected:
  Digests digests() const { return {.header = std::get<0>(GetParam()), .data = std::get<1>(GetParam())}; }
  Cut cut() const { return std::get<2>(GetParam()); }
  Placing placing() const { return std::get<3>(GetParam()); }

  void send(const Header& header, std::size_t data_size, Bytes ahs = {}) {
    ReceivedPdu pdu;
    pdu.data = pattern(data_size, static_cast<unsigned>(sent_.size()));
    append(pdu.ahs, ahs);
    const EncodedPdu encoded(header, pdu.ahs, pdu.data, {}, digests());
    copy_bytes(pdu.header, encoded.header());
    append(stream_, encoded);
    sent_.push_back(std::move(pdu));
  }

  // Runs the stream through a framer that streams Data-Out.
  StreamReader receive(Framer::Limits limits = {}) {
    framer_.emplace(limits, OpcodeSet{Opcode::data_out});
    EXPECT_TRUE(framer_->enable_digests(digests()));
    StreamReader reader(*framer_, placing());
    feed_cut(reader, stream_, cut());
    return reader;
  }

  // What arrived is what was sent; skipped data is allowed to be missing.
  void expect_all(const StreamReader& reader) {
    EXPECT_FALSE(reader.error());
    ASSERT_EQ(reader.pdus().size(), sent_.size());
    for (std::size_t i = 0; i < sent_.size(); ++i) {
      ReceivedPdu expected = sent_[i];
      const ReceivedPdu& got = reader.pdus()[i];
      const bool streamed = BasicHeader(got.header).opcode() == Opcode::data_out;
      if (placing() == Placing::skipped && streamed && got.data.empty()) expected.data.clear();
      EXPECT_EQ(got, expected) << "PDU " << i;
    }
    EXPECT_TRUE(framer_->is_idle());
  }

  std::vector<ReceivedPdu> sent_;
  std::vector<std::byte> stream_;
  std::optional<Framer> framer_;
};

using Rfc7143_11_2_Framer = FramerExchange;  // NOLINT(readability-identifier-naming)

TEST_P(Rfc7143_11_2_Framer, EveryLengthOfPaddingArrives) {
  for (std::size_t size = 0; size <= 9; ++size) {
    send(NopOut::build({.itt = Itt(1)}), size);
    send(DataOut::build({.itt = Itt(1), .buffer_offset = 7}), size);
  }
  expect_all(receive());
}

TEST_P(Rfc7143_11_2_Framer, AnAhsStandsBetweenHeaderAndData) {
  const auto ahs = bytes_from_hex("00 05 02 00 00 00 10 00");
  send(ScsiCommand::build({.read = true, .write = true, .itt = Itt(1)}), 5, ahs);
  send(ScsiCommand::build({.read = true, .write = true, .itt = Itt(2)}), 0, ahs);
  send(DataOut::build({.itt = Itt(1)}), 33, ahs);
  expect_all(receive());
}

TEST_P(Rfc7143_11_2_Framer, TheLongestPduOfEachKindArrives) {
  send(NopOut::build({.itt = Itt(1)}), 8192);
  send(DataOut::build({.itt = Itt(1)}), 8192, pattern(kMaxAhsSize, 3));
  send(NopOut::build({.itt = Itt(2)}), 0);
  expect_all(receive());
}

TEST_P(Rfc7143_11_2_Framer, TornStreamedDataAsksForAPlace) {
  send(DataOut::build({.itt = Itt(1)}), 4096);
  send(NopOut::build({.itt = Itt(1)}), 4096);
  const StreamReader reader = receive();
  EXPECT_EQ(reader.placed(), cut() == Cut::whole ? 0 : 1);
  expect_all(reader);
}

TEST_P(Rfc7143_11_2_Framer, ADamagedHeaderEndsTheStream) {
  send(NopOut::build({.itt = Itt(1)}), 0);
  const std::size_t second = stream_.size();
  send(NopOut::build({.itt = Itt(2)}), 4);
  send(NopOut::build({.itt = Itt(3)}), 4);
  stream_[second + 19] ^= std::byte{1};
  const StreamReader reader = receive();
  if (digests().header) {
    EXPECT_EQ(reader.error(), FramingError::Kind::header_digest);
    EXPECT_EQ(reader.pdus().size(), 1U);
  } else {
    EXPECT_EQ(reader.pdus().size(), 3U);
  }
}

TEST_P(Rfc7143_11_2_Framer, DamagedDataIsToldAndTheStreamGoesOn) {
  send(NopOut::build({.itt = Itt(1)}), 6);
  stream_.at(kHeaderSize + (digests().header ? 4 : 0) + 5) ^= std::byte{1};
  const std::size_t second = stream_.size();
  send(DataOut::build({.itt = Itt(2)}), 6);
  stream_.at(second + kHeaderSize + (digests().header ? 4 : 0) + 5) ^= std::byte{1};
  send(DataOut::build({.itt = Itt(3)}), 6);
  const StreamReader reader = receive();
  ASSERT_EQ(reader.pdus().size(), 3U);
  EXPECT_EQ(reader.pdus()[0].data_digest_ok, !digests().data);
  EXPECT_EQ(reader.pdus()[1].data_digest_ok, !digests().data);
  EXPECT_TRUE(reader.pdus()[2].data_digest_ok);
}

TEST_P(Rfc7143_11_2_Framer, TheDataDigestCoversThePadding) {
  send(DataOut::build({.itt = Itt(1)}), 5);
  const std::size_t padding = kHeaderSize + (digests().header ? 4 : 0) + 5;
  stream_.at(padding) = std::byte{0xff};
  const StreamReader reader = receive();
  ASSERT_EQ(reader.pdus().size(), 1U);
  EXPECT_EQ(reader.pdus()[0].data_digest_ok, !digests().data);
}

TEST_P(Rfc7143_11_2_Framer, DataOverTheLimitEndsTheStream) {
  send(NopOut::build({.itt = Itt(1)}), 100);
  send(NopOut::build({.itt = Itt(2)}), 101);
  const StreamReader reader = receive({.max_data_segment_length = 100});
  EXPECT_EQ(reader.pdus().size(), 1U);
  EXPECT_EQ(reader.error(), FramingError::Kind::data_segment_too_long);
}

TEST_P(Rfc7143_11_2_Framer, AnAhsOverTheLimitEndsTheStream) {
  send(ScsiCommand::build({.itt = Itt(1)}), 0, pattern(8, 0));
  send(ScsiCommand::build({.itt = Itt(2)}), 0, pattern(12, 0));
  const StreamReader reader = receive({.max_ahs_length = 8});
  EXPECT_EQ(reader.pdus().size(), 1U);
  EXPECT_EQ(reader.error(), FramingError::Kind::ahs_too_long);
}

INSTANTIATE_TEST_SUITE_P(AllCuts, Rfc7143_11_2_Framer,
                         ::testing::Combine(::testing::Bool(), ::testing::Bool(),
                                            ::testing::Values(Cut::whole, Cut::bytewise, Cut::random_1, Cut::random_2,
                                                              Cut::random_3),
                                            ::testing::Values(Placing::copied, Placing::window, Placing::skipped)));

// The tests below look at single steps.

std::vector<std::byte> ping(std::size_t data_size) {
  std::vector<std::byte> stream;
  append(stream, EncodedPdu(NopOut::build({.itt = Itt(1)}), pattern(data_size, 0), {}));
  return stream;
}

std::vector<std::byte> data_out(std::size_t data_size) {
  std::vector<std::byte> stream;
  append(stream, EncodedPdu(DataOut::build({.itt = Itt(1)}), pattern(data_size, 0), {}));
  return stream;
}

TEST(Framer, AWholePduIsSeenWhereItLies) {
  Framer framer({}, {});
  const auto stream = ping(10);
  Bytes input = stream;
  const Step step = framer.next(input);
  const auto& pdu = std::get<WholePdu>(step);
  EXPECT_EQ(pdu.header.data(), stream.data());
  EXPECT_EQ(pdu.data.data(), stream.data() + kHeaderSize);
  EXPECT_EQ(pdu.data.size(), 10U);
  EXPECT_TRUE(input.empty());
}

TEST(Framer, AWholeStreamedPduNeedsNoPlace) {
  Framer framer({}, {Opcode::data_out});
  const auto stream = data_out(10);
  Bytes input = stream;
  const Step step = framer.next(input);
  EXPECT_EQ(std::get<WholePdu>(step).data.data(), stream.data() + kHeaderSize);
}

TEST(Framer, OneStepTakesOnePdu) {
  Framer framer({}, {});
  auto stream = ping(3);
  const std::size_t one = stream.size();
  append(stream, ping(8));
  Bytes input = stream;
  EXPECT_TRUE(std::holds_alternative<WholePdu>(framer.next(input)));
  EXPECT_EQ(input.size(), stream.size() - one);
  EXPECT_TRUE(std::holds_alternative<WholePdu>(framer.next(input)));
  EXPECT_TRUE(std::holds_alternative<NeedBytes>(framer.next(input)));
}

TEST(Framer, BytesReadIntoTheWindowEndUpInThePdu) {
  Framer framer({}, {Opcode::data_out});
  const auto stream = data_out(100);
  Bytes input = Bytes(stream).first(kHeaderSize + 10);
  EXPECT_TRUE(std::holds_alternative<PlaceNeeded>(framer.next(input)));
  EXPECT_TRUE(framer.window().empty());

  std::vector<std::byte> destination(100);
  framer.place(destination);
  EXPECT_EQ(framer.window().data(), destination.data());
  EXPECT_TRUE(std::holds_alternative<NeedBytes>(framer.next(input)));
  EXPECT_EQ(framer.window().data(), destination.data() + 10);
  EXPECT_EQ(framer.window().size(), 90U);

  copy_bytes(framer.window(), Bytes(stream).last(90));
  framer.advanced(90);
  EXPECT_TRUE(framer.window().empty());
  Bytes nothing;
  const Step step = framer.next(nothing);
  EXPECT_EQ(std::get<WholePdu>(step).data.data(), destination.data());
  EXPECT_EQ(destination, pattern(100, 0));
}

TEST(Framer, TheSocketMayFillTheFramersOwnBufferToo) {
  Framer framer({}, {});
  const auto stream = ping(100);
  Bytes input = Bytes(stream).first(kHeaderSize);
  EXPECT_TRUE(std::holds_alternative<NeedBytes>(framer.next(input)));
  ASSERT_EQ(framer.window().size(), 100U);
  copy_bytes(framer.window(), Bytes(stream).last(100));
  framer.advanced(100);
  Bytes nothing;
  EXPECT_TRUE(std::holds_alternative<WholePdu>(framer.next(nothing)));
  EXPECT_TRUE(std::holds_alternative<NeedBytes>(framer.next(nothing)));
  EXPECT_TRUE(framer.window().empty());
}

TEST(Framer, AnErrorStays) {
  Framer framer({.max_data_segment_length = 4}, {});
  const auto stream = ping(5);
  Bytes input = stream;
  const Step step = framer.next(input);
  ASSERT_TRUE(std::holds_alternative<FramingError>(step));
  EXPECT_EQ(BasicHeader(std::get<FramingError>(step).header).itt(), Itt(1));
  EXPECT_FALSE(framer.is_idle());

  const auto good = ping(0);
  input = good;
  const Step later = framer.next(input);
  EXPECT_EQ(std::get<FramingError>(later).kind, FramingError::Kind::data_segment_too_long);
  EXPECT_EQ(BasicHeader(std::get<FramingError>(later).header).itt(), Itt(1));
}

TEST(Framer, DigestsDoNotChangeInTheMidstOfAPdu) {
  Framer framer({}, {});
  const auto stream = ping(0);
  Bytes input = Bytes(stream).first(1);
  EXPECT_TRUE(std::holds_alternative<NeedBytes>(framer.next(input)));
  EXPECT_FALSE(framer.enable_digests({.header = true}));
  input = Bytes(stream).subspan(1);
  EXPECT_TRUE(std::holds_alternative<WholePdu>(framer.next(input)));
  EXPECT_TRUE(framer.enable_digests({.header = true}));
}

TEST(Framer, ANewLimitCountsFromTheNextHeader) {
  Framer framer({.max_data_segment_length = 8}, {});
  framer.set_max_data_segment_length(16);
  const auto stream = ping(16);
  Bytes input = stream;
  EXPECT_TRUE(std::holds_alternative<WholePdu>(framer.next(input)));
}

}  // namespace
}  // namespace lunway::wire
