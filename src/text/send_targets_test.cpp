// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "text/send_targets.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace lunway::text {
namespace {

constexpr const char* kDisk = "iqn.2026-11.io.example:disk";

/// Semicolons stand for null bytes.
auto read(std::string text) {
  std::ranges::replace(text, ';', '\0');
  return parse_target_records(text);
}

TEST(Rfc7143_C_SendTargets, AsksForAllOneOrItsOwnTarget) {
  EXPECT_EQ(parse_send_targets("All").kind, SendTargets::Kind::all);
  EXPECT_EQ(parse_send_targets("").kind, SendTargets::Kind::own);
  EXPECT_EQ(parse_send_targets(kDisk).kind, SendTargets::Kind::named);
  EXPECT_EQ(parse_send_targets(kDisk).name, kDisk);
  EXPECT_EQ(parse_send_targets("all").kind, SendTargets::Kind::named) << "values are case sensitive";
}

TEST(Rfc7143_C_TargetRecords, ANameStartsARecord) {
  const auto records = read(
      "TargetName=iqn.a;TargetAddress=10.0.0.1:3260,1;TargetAddress=[::1]:3260,2;TargetName=iqn.b;TargetName=iqn.c;"
      "TargetAddress=host,3;");
  ASSERT_TRUE(records);
  EXPECT_EQ(*records,
            (std::vector<TargetRecord>{
                {"iqn.a", {{"10.0.0.1", 3260, 1}, {"::1", 3260, 2}}}, {"iqn.b", {}}, {"iqn.c", {{"host", 3260, 3}}}}));
}

TEST(Rfc7143_C_TargetRecords, NoTargetsAreNoText) {
  const auto records = read("");
  ASSERT_TRUE(records);
  EXPECT_TRUE(records->empty());
}

TEST(Rfc7143_C_TargetRecords, NoOtherKeysArePermitted) {
  EXPECT_EQ(read("TargetName=iqn.a;TargetAlias=x;").error(), RecordFault::unexpected_key);
  EXPECT_EQ(read("SendTargets=Reject;").error(), RecordFault::unexpected_key);
}

TEST(Rfc7143_C_TargetRecords, MalformedRecordsAreFaults) {
  EXPECT_EQ(read("TargetAddress=10.0.0.1:3260,1;").error(), RecordFault::address_without_target);
  EXPECT_EQ(read("TargetName=;").error(), RecordFault::bad_name);
  EXPECT_EQ(read("TargetName=" + std::string(224, 'x') + ";").error(), RecordFault::bad_name);
  EXPECT_EQ(read("TargetName=iqn.a;TargetAddress=;").error(), RecordFault::bad_address);
  EXPECT_EQ(read("TargetName=iqn.a").error(), RecordFault::malformed_text);
}

//= ledger(target) R7143-13.8-02
TEST(Rfc7143_13_8_TargetAddress, HasAPortalGroupTagInAListOfTargets) {
  EXPECT_EQ(read("TargetName=iqn.a;TargetAddress=10.0.0.1:3260;").error(), RecordFault::bad_address);
}

TEST(Rfc7143_C_TargetRecords, AreWrittenAsTheyAreRead) {
  TextWriter out;
  ASSERT_TRUE(add_target_record(out, {kDisk, {{"10.0.0.1", 3260, 1}, {"::1", 3261, 2}}}));
  ASSERT_TRUE(add_target_record(out, {"iqn.b", {}}));
  std::string text(out.text());
  std::ranges::replace(text, '\0', ';');
  EXPECT_EQ(text,
            "TargetName=iqn.2026-11.io.example:disk;TargetAddress=10.0.0.1:3260,1;TargetAddress=[::1]:3261,2;"
            "TargetName=iqn.b;");
}

TEST(Rfc7143_C_TargetRecords, ARecordThatDoesNotFitLeavesNothingBehind) {
  TextWriter out(60);
  EXPECT_TRUE(add_target_record(out, {"iqn.a", {{"10.0.0.1", 3260, 1}}}));
  const std::string before(out.text());
  EXPECT_FALSE(add_target_record(out, {"iqn.b", {{"10.0.0.1", 3260, 1}}}));
  EXPECT_EQ(out.text(), before);
}

RC_GTEST_PROP(Rfc7143_C_TargetRecords, AreReadBack, ()) {
  const auto names = *rc::gen::container<std::vector<std::string>>(
      rc::gen::element<std::string>("iqn.2026-11.io.example:a", "eui.02004567a425678d", "x"));
  std::vector<TargetRecord> records;
  for (const std::string& name : names) {
    TargetRecord record{name, {}};
    const auto count = *rc::gen::inRange(0, 4);
    for (int i = 0; i < count; ++i) {
      record.addresses.push_back(
          {"10.0.0.1", *rc::gen::inRange<std::uint16_t>(1, 65535), *rc::gen::arbitrary<std::uint16_t>()});
    }
    records.push_back(std::move(record));
  }
  TextWriter out;
  for (const TargetRecord& record : records) RC_ASSERT(add_target_record(out, record));
  const auto read_back = parse_target_records(out.text());
  RC_ASSERT(read_back.has_value());
  RC_ASSERT(*read_back == records);
}

}  // namespace
}  // namespace lunway::text
