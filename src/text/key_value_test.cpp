// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "text/key_value.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <vector>

namespace lunway::text {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

struct Reading {
  Pairs pairs;
  std::optional<TextFault> fault;
};

Reading read(std::string_view text, const TextLimits& limits = {}) {
  Reading reading;
  PairReader reader(text, limits);
  while (const auto pair = reader.next()) reading.pairs.emplace_back(pair->key, pair->value);
  reading.fault = reader.fault();
  return reading;
}

/// Semicolons stand for null bytes.
Reading read_nulls(std::string text, const TextLimits& limits = {}) {
  std::ranges::replace(text, ';', '\0');
  return read(text, limits);
}

TEST(Rfc7143_6_1_TextFormat, PairsEndWithANullByte) {
  const Reading reading = read_nulls("InitialR2T=Yes;MaxBurstLength=8192;");
  EXPECT_EQ(reading.pairs, (Pairs{{"InitialR2T", "Yes"}, {"MaxBurstLength", "8192"}}));
  EXPECT_EQ(reading.fault, std::nullopt);
}

//= ledger R7143-6.1-01
TEST(Rfc7143_6_1_TextFormat, TheLastPairNeedsItsNullByteToo) {
  const Reading reading = read_nulls("InitialR2T=Yes;MaxBurstLength=8192");
  EXPECT_EQ(reading.pairs.size(), 1U);
  EXPECT_EQ(reading.fault, TextFault::missing_null);
}

TEST(Rfc7143_6_1_TextFormat, NoTextIsNoPair) {
  const Reading reading = read("");
  EXPECT_TRUE(reading.pairs.empty());
  EXPECT_EQ(reading.fault, std::nullopt);
}

TEST(Rfc7143_6_1_TextFormat, TheKeyEndsAtTheFirstEqualsSign) {
  EXPECT_EQ(read_nulls("CHAP_C=0bAA==;").pairs, (Pairs{{"CHAP_C", "0bAA=="}}));
  EXPECT_EQ(read_nulls("Key==;").pairs, (Pairs{{"Key", "="}}));
}

TEST(Rfc7143_6_1_TextFormat, ValuesMayBeEmptyAndHoldAnyBytesButNull) {
  EXPECT_EQ(read_nulls("SendTargets=;").pairs, (Pairs{{"SendTargets", ""}}));
  EXPECT_EQ(read_nulls("TargetAlias=\xc3\xa4 \x01\xff;").pairs, (Pairs{{"TargetAlias", "\xc3\xa4 \x01\xff"}}));
}

//= ledger R7143-6.1-02
TEST(Rfc7143_6_1_TextFormat, MalformedPairsAreFaults) {
  EXPECT_EQ(read_nulls("InitialR2T;").fault, TextFault::missing_equals);
  EXPECT_EQ(read_nulls(";").fault, TextFault::missing_equals);
  EXPECT_EQ(read_nulls("InitialR2T=Yes;;").fault, TextFault::missing_equals);
  EXPECT_EQ(read_nulls("=Yes;").fault, TextFault::empty_key);
  EXPECT_EQ(read_nulls("Initial R2T=Yes;").fault, TextFault::illegal_key_character);
  EXPECT_EQ(read_nulls("Initial\xc3\xa4=Yes;").fault, TextFault::illegal_key_character);
  EXPECT_EQ(read_nulls("%s%n=Yes;").fault, TextFault::illegal_key_character);
  EXPECT_EQ(read_nulls("1Key=Yes;").fault, TextFault::illegal_key_character);
}

//= ledger R7143-6.1-02
TEST(Rfc7143_6_1_TextFormat, KeysHaveAtMost63Characters) {
  EXPECT_EQ(read_nulls("X" + std::string(62, 'x') + "=1;").fault, std::nullopt);
  EXPECT_EQ(read_nulls("X" + std::string(63, 'x') + "=1;").fault, TextFault::key_too_long);
  EXPECT_EQ(read_nulls("X" + std::string(5000, 'x') + "=1;").fault, TextFault::key_too_long);
}

TEST(Rfc7143_6_1_TextFormat, KeysOfTheStandardsThatStretchTheRuleAreRead) {
  EXPECT_EQ(read_nulls("X#NodeArchitecture=a;iSCSIProtocolLevel=1;").fault, std::nullopt);
}

TEST(Rfc7143_6_1_TextFormat, NothingIsReadAfterAFault) {
  const Reading reading = read_nulls("A=1;=;B=2;");
  EXPECT_EQ(reading.pairs, (Pairs{{"A", "1"}}));
}

TEST(Rfc7143_6_1_TextFormat, LimitsHold) {
  const TextLimits limits{.pairs = 2, .value = 4};
  EXPECT_EQ(read_nulls("A=1234;B=1;", limits).fault, std::nullopt);
  EXPECT_EQ(read_nulls("A=12345;", limits).fault, TextFault::value_too_long);
  EXPECT_EQ(read_nulls("A=1;B=1;C=1;", limits).fault, TextFault::too_many_pairs);
}

TEST(Rfc7143_6_1_TextFormat, AtLeast8192BytesCanBeReceived) {
  const TextLimits limits;
  EXPECT_GE(limits.bytes, 65536U);
  TextAssembler assembler(limits);
  EXPECT_EQ(assembler.append(bytes_of(std::string(65536, 'x')), false), std::nullopt);
}

// --- Writing.

//= ledger R7143-6.1-01
TEST(Rfc7143_6_1_TextWriter, WritesPairsWithNullBytes) {
  TextWriter writer;
  ASSERT_TRUE(writer.add("A", "1"));
  ASSERT_TRUE(writer.add("Key", ""));
  EXPECT_EQ(writer.text(), std::string_view("A=1\0Key=\0", 9));
}

TEST(Rfc7143_6_1_TextWriter, APairThatDoesNotFitLeavesNothingBehind) {
  TextWriter writer(8);
  ASSERT_TRUE(writer.add("A", "1"));
  EXPECT_FALSE(writer.add("B", "234"));
  EXPECT_EQ(writer.text().size(), 4U);
  EXPECT_TRUE(writer.add("B", "2"));
  EXPECT_EQ(writer.room(), 0U);
}

TEST(Rfc7143_6_2_ContinueBit, IsSetOnEveryPieceButTheLast) {
  TextWriter writer;
  ASSERT_TRUE(writer.add("Abc", "12345"));
  const auto first = writer.next_piece(6);
  EXPECT_EQ(first.text, "Abc=12");
  EXPECT_TRUE(first.continues);
  const auto last = writer.next_piece(6);
  EXPECT_EQ(last.text, std::string_view("345\0", 4));
  EXPECT_FALSE(last.continues);
  EXPECT_TRUE(writer.done());
}

TEST(Rfc7143_6_2_ContinueBit, ATextThatFitsExactlyIsOnePiece) {
  TextWriter writer;
  ASSERT_TRUE(writer.add("Abc", "12345"));
  EXPECT_FALSE(writer.next_piece(10).continues);
}

TEST(Rfc7143_6_2_ContinueBit, NothingToSayIsAnEmptyPiece) {
  TextWriter writer;
  const auto piece = writer.next_piece(512);
  EXPECT_TRUE(piece.text.empty());
  EXPECT_FALSE(piece.continues);
}

// --- Joining.

TEST(Rfc7143_6_1_TextAssembler, JoinsContinuedSegments) {
  TextAssembler assembler;
  EXPECT_FALSE(assembler.continuing());
  EXPECT_EQ(assembler.append(bytes_of("Abc=1"), true), std::nullopt);
  EXPECT_TRUE(assembler.continuing());
  EXPECT_FALSE(assembler.complete());
  EXPECT_EQ(assembler.append(bytes_of(std::string_view("23\0", 3)), false), std::nullopt);
  EXPECT_TRUE(assembler.complete());
  EXPECT_FALSE(assembler.continuing());
  EXPECT_EQ(assembler.text(), std::string_view("Abc=123\0", 8));
}

TEST(Rfc7143_6_1_TextAssembler, ANewTextReplacesTheLast) {
  TextAssembler assembler;
  EXPECT_EQ(assembler.append(bytes_of("first"), false), std::nullopt);
  EXPECT_EQ(assembler.append(bytes_of("second"), false), std::nullopt);
  EXPECT_EQ(assembler.text(), "second");
}

TEST(Rfc7143_6_1_TextAssembler, EmptySegmentsAreSegments) {
  TextAssembler assembler;
  EXPECT_EQ(assembler.append({}, true), std::nullopt);
  EXPECT_TRUE(assembler.continuing());
  EXPECT_EQ(assembler.append({}, false), std::nullopt);
  EXPECT_TRUE(assembler.complete());
  EXPECT_TRUE(assembler.text().empty());
}

TEST(Rfc7143_6_1_TextAssembler, BytesAndContinuationsAreLimited) {
  const TextLimits limits{.bytes = 10, .continuations = 3};
  TextAssembler bytes(limits);
  EXPECT_EQ(bytes.append(bytes_of("12345"), true), std::nullopt);
  EXPECT_EQ(bytes.append(bytes_of("123456"), false), TextFault::text_too_long);

  TextAssembler empty(limits);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(empty.append({}, true), std::nullopt);
  EXPECT_EQ(empty.append({}, true), TextFault::too_many_continuations);
}

// --- Round trips.

rc::Gen<std::string> any_key() {
  const auto tail = rc::gen::container<std::string>(
      rc::gen::elementOf(std::string("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-+@_")));
  return rc::gen::map(tail, [](const std::string& s) { return ("K" + s).substr(0, kMaxKeyLength); });
}

rc::Gen<std::string> any_value() {
  return rc::gen::container<std::string>(rc::gen::suchThat<char>([](char c) { return c != '\0'; }));
}

RC_GTEST_PROP(Rfc7143_6_1_TextFormat, WhatIsWrittenIsReadWhereverItIsCut, ()) {
  const auto pairs = *rc::gen::container<Pairs>(rc::gen::pair(any_key(), any_value()));
  TextWriter writer;
  for (const auto& [key, value] : pairs) RC_ASSERT(writer.add(key, value));

  TextAssembler assembler({.continuations = 1U << 20});
  while (!assembler.complete()) {
    const auto piece = writer.next_piece(*rc::gen::inRange<std::size_t>(1, 40));
    RC_ASSERT(!assembler.append(bytes_of(piece.text), piece.continues));
  }
  const Reading reading = read(assembler.text());
  RC_ASSERT(!reading.fault);
  RC_ASSERT(reading.pairs == pairs);
}

}  // namespace
}  // namespace lunway::text
