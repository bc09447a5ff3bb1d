// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Targets that break the rules. Each breach has one answer: a typed end of the connection. AddressSanitizer watches the
// caller's buffers.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "session/initiator_connection.h"
#include "session/initiator_session.h"
#include "session/testing/initiator_rig.h"
#include "wire/asynchronous_message.h"
#include "wire/data_in.h"
#include "wire/login_request.h"
#include "wire/logout_response.h"
#include "wire/nop_in.h"
#include "wire/ready_to_transfer.h"
#include "wire/reject.h"
#include "wire/scsi_command.h"
#include "wire/scsi_response.h"
#include "wire/task_management_response.h"
#include "wire/text_response.h"

namespace lunway::session {
namespace {

using ::testing::HasSubstr;

constexpr std::array<std::byte, 6> kCdb{};
constexpr std::uint32_t kReadLength = 1000;
constexpr std::uint32_t kWriteLength = 3000;

/// A session with one read, one write and one ping under way.
struct Busy {
  explicit Busy(Cut cut) {
    rig.log_in("ImmediateData=No;MaxBurstLength=2048");
    read = *rig.session.submit(rig.time, {.cdb = kCdb, .data_in = {place.get(), kReadLength}});
    write = *rig.session.submit(rig.time, {.cdb = kCdb, .data_out = {data.get(), kWriteLength}});
    ping = *rig.session.ping(rig.time, bytes_of("x"), std::chrono::seconds(5));
    rig.pump();
    rig.sent.clear();
    rig.cut = cut;
  }
  static wire::Itt itt(TaskId task) { return wire::Itt(task.generation() << 16 | task.slot()); }

  InitiatorRig rig;
  std::unique_ptr<std::byte[]> place = std::make_unique<std::byte[]>(kReadLength);
  std::unique_ptr<std::byte[]> data = std::make_unique<std::byte[]>(kWriteLength);
  TaskId read, write, ping;
};

struct Breach {
  const char* name;
  std::function<void(Busy&)> commit;
  const char* says;
};

std::vector<std::byte> filler(std::size_t size) { return std::vector<std::byte>(size, std::byte{0x5a}); }

void data_in(Busy& busy, wire::DataIn::Fields fields, std::size_t length) {
  fields = fields.has_status ? busy.rig.numbered(fields) : busy.rig.windowed(fields);
  busy.rig.deliver(wire::DataIn::build(fields), Bytes(filler(length)));
}

void r2t(Busy& busy, wire::ReadyToTransfer::Fields fields) {
  if (fields.ttt == wire::Ttt{}) fields.ttt = wire::Ttt(1);
  busy.rig.deliver(wire::ReadyToTransfer::build(busy.rig.windowed(fields)));
}

wire::ReadyToTransfer::Fields r2t_for(TaskId task, std::uint32_t offset, std::uint32_t length) {
  return {.itt = Busy::itt(task), .buffer_offset = offset, .desired_data_transfer_length = length};
}

void response(Busy& busy, wire::ScsiResponse::Fields fields, std::size_t length = 0) {
  busy.rig.deliver(wire::ScsiResponse::build(busy.rig.numbered(fields)), Bytes(filler(length)));
}

std::vector<Breach> data_breaches() {
  return {
      {"DataForNoTask", [](Busy& b) { data_in(b, {.itt = wire::Itt(0x12345)}, 10); }, "no task"},
      {"DataForALaterTaskInTheSlot",
       [](Busy& b) { data_in(b, {.itt = wire::Itt(Busy::itt(b.read).value() + (1 << 16))}, 10); }, "no task"},
      {"DataForAWrite", [](Busy& b) { data_in(b, {.itt = Busy::itt(b.write)}, 10); }, "reads nothing"},
      {"DataForAPing", [](Busy& b) { data_in(b, {.itt = Busy::itt(b.ping)}, 10); }, "no SCSI command"},
      {"DataTooLong", [](Busy& b) { data_in(b, {.itt = Busy::itt(b.read)}, kReadLength + 1); }, "Expected Data"},
      {"DataFarOut", [](Busy& b) { data_in(b, {.itt = Busy::itt(b.read), .buffer_offset = 0xfffffff0}, 32); },
       "offset"},
      {"DataWithAHole", [](Busy& b) { data_in(b, {.itt = Busy::itt(b.read), .buffer_offset = 4}, 4); }, "offset"},
      {"DataSnJumps", [](Busy& b) { data_in(b, {.itt = Busy::itt(b.read), .data_sn = wire::DataSN(1)}, 4); }, "DataSN"},
      {"DataStatusSnJumps",
       [](Busy& b) {
         b.rig.stat_sn = b.rig.stat_sn.advanced_by(1000);
         data_in(b, {.final = true, .has_status = true, .itt = Busy::itt(b.read)}, kReadLength);
       },
       "StatSN"},
  };
}

std::vector<Breach> r2t_breaches() {
  return {
      {"R2tForARead", [](Busy& b) { r2t(b, r2t_for(b.read, 0, 10)); }, "writes nothing"},
      {"R2tForNoTask", [](Busy& b) { r2t(b, r2t_for(TaskId(40, 7), 0, 10)); }, "no task"},
      {"R2tBeyondTheEnd", [](Busy& b) { r2t(b, r2t_for(b.write, 2000, 1001)); }, "Expected Data"},
      {"R2tFarOut", [](Busy& b) { r2t(b, r2t_for(b.write, 0xffffffff, 2)); }, "Expected Data"},
      {"R2tTooLong", [](Busy& b) { r2t(b, r2t_for(b.write, 0, 2049)); }, "MaxBurstLength"},
      {"R2tOutOfOrder", [](Busy& b) { r2t(b, r2t_for(b.write, 100, 100)); }, "range"},
      {"R2tForAnotherLun",
       [](Busy& b) {
         auto fields = r2t_for(b.write, 0, 100);
         fields.lun = wire::Lun::from_flat(1);
         r2t(b, fields);
       },
       "LUN"},
      {"R2tOfNothing", [](Busy& b) { r2t(b, r2t_for(b.write, 0, 0)); }, "11.8.4"},
      {"R2tSnJumps",
       [](Busy& b) {
         auto fields = r2t_for(b.write, 0, 100);
         fields.r2t_sn = wire::R2TSN(3);
         r2t(b, fields);
       },
       "R2TSN"},
  };
}

std::vector<Breach> response_breaches() {
  return {
      {"ResponseForNoTask", [](Busy& b) { response(b, {.itt = wire::Itt(77)}); }, "no task"},
      {"ResponseTwice",
       [](Busy& b) {
         response(b, {.status = wire::ScsiStatus::busy, .itt = Busy::itt(b.read)});
         response(b, {.status = wire::ScsiStatus::busy, .itt = Busy::itt(b.read)});
       },
       "no task"},
      {"ResponseForAPing", [](Busy& b) { response(b, {.itt = Busy::itt(b.ping)}); }, "no SCSI command"},
      {"SenseLongerThanItsSegment",
       [](Busy& b) { response(b, {.status = wire::ScsiStatus::check_condition, .itt = Busy::itt(b.read)}, 20); },
       "11.4.7"},
      {"CheckConditionWithoutSense",
       [](Busy& b) { response(b, {.status = wire::ScsiStatus::check_condition, .itt = Busy::itt(b.read)}); },
       "CHECK CONDITION"},
      {"ReservedResponseCode",
       [](Busy& b) { response(b, {.response = static_cast<wire::ScsiResponseCode>(0x40), .itt = Busy::itt(b.read)}); },
       "11.4.3"},
      {"StatSnRepeats",
       [](Busy& b) {
         b.rig.stat_sn = b.rig.stat_sn.previous();
         response(b, {.itt = Busy::itt(b.read)});
       },
       "StatSN"},
  };
}

std::vector<Breach> other_breaches() {
  return {
      {"NopInForACommand",
       [](Busy& b) {
         b.rig.deliver(wire::NopIn::build(b.rig.numbered(wire::NopIn::Fields{.itt = Busy::itt(b.read)})));
       },
       "no ping"},
      {"ManagementResponseForACommand",
       [](Busy& b) {
         b.rig.deliver(wire::TaskManagementResponse::build(
             b.rig.numbered(wire::TaskManagementResponse::Fields{.itt = Busy::itt(b.read)})));
       },
       "11.6"},
      {"LogoutResponseForACommand",
       [](Busy& b) {
         b.rig.deliver(
             wire::LogoutResponse::build(b.rig.numbered(wire::LogoutResponse::Fields{.itt = Busy::itt(b.read)})));
       },
       "11.15"},
      {"TextResponseForACommand",
       [](Busy& b) {
         b.rig.deliver(wire::TextResponse::build(b.rig.numbered(wire::TextResponse::Fields{.itt = Busy::itt(b.read)})));
       },
       "11.11"},
      {"RejectOfNothing",
       [](Busy& b) {
         b.rig.deliver(wire::Reject::build(b.rig.numbered(wire::Reject::Fields{})), std::string_view("short"));
       },
       "11.17"},
      {"RequestFromATarget", [](Busy& b) { b.rig.deliver(wire::LoginRequest::build({.itt = wire::Itt(1)})); },
       "does not send"},
      {"LoginResponseAfterLogin", [](Busy& b) { b.rig.deliver(wire::LoginResponse::build({.itt = wire::Itt(0)})); },
       "does not send"},
      {"DataSegmentBeyondWhatWeTake",
       [](Busy& b) {
         wire::Header header = wire::NopIn::build({});
         wire::set_data_segment_length(header, 0xffffff);
         b.rig.deliver_bytes(header);
       },
       "MaxRecvDataSegmentLength"},
      {"AdditionalHeader",
       [](Busy& b) {
         wire::Header header = wire::NopIn::build({});
         wire::set_total_ahs_length_words(header, 255);
         b.rig.deliver_bytes(header);
       },
       "Additional Header"},
  };
}

const std::vector<Breach>& breaches() {
  static const std::vector<Breach> kAll = [] {
    std::vector<Breach> all = data_breaches();
    for (const auto& more : {r2t_breaches(), response_breaches(), other_breaches()})
      all.insert(all.end(), more.begin(), more.end());
    return all;
  }();
  return kAll;
}

class HostileTarget : public ::testing::TestWithParam<std::size_t> {};

TEST_P(HostileTarget, EndsWithATypedReason) {
  const Breach& breach = breaches()[GetParam()];
  for (const Cut cut : {Cut::whole, Cut::byte_by_byte, Cut::header_then_window}) {
    Busy busy(cut);
    breach.commit(busy);
    ASSERT_NE(busy.rig.closed(), nullptr) << breach.name;
    EXPECT_EQ(busy.rig.closed()->reason, InitiatorCloseReason::protocol_error);
    EXPECT_THAT(busy.rig.closed()->detail, HasSubstr(breach.says));
    EXPECT_FALSE(busy.rig.connection.wants_input());
    busy.rig.connection.transport_ended(busy.rig.time);
    busy.rig.pump();
    EXPECT_EQ(busy.rig.done.size(), 3U) << "every task has its end";
    EXPECT_EQ(busy.rig.session.active_tasks(), 0U);
  }
}

INSTANTIATE_TEST_SUITE_P(Breaches, HostileTarget, ::testing::Range(std::size_t{0}, breaches().size()),
                         [](const auto& test) { return std::string(breaches()[test.param].name); });

// Residuals that lie. GOOD over missing data would be a silent loss.

struct Claim {
  const char* name;
  std::uint32_t received;  // of kReadLength
  wire::Residual residual;
  bool in_data_in;
  bool believed;
};

class LyingResidual : public ::testing::TestWithParam<Claim> {};

using Rfc7143_11_4_5_InitiatorResidual = LyingResidual;

TEST_P(Rfc7143_11_4_5_InitiatorResidual, IsBelievedWhenTheDataBearsItOut) {
  const Claim& claim = GetParam();
  Busy busy(Cut::whole);
  const wire::Itt itt = Busy::itt(busy.read);
  if (claim.in_data_in) {
    data_in(busy, {.final = true, .has_status = true, .residual = claim.residual, .itt = itt}, claim.received);
  } else {
    if (claim.received != 0) data_in(busy, {.final = true, .itt = itt}, claim.received);
    response(busy, {.residual = claim.residual, .itt = itt});
  }
  EXPECT_EQ(busy.rig.closed(), nullptr);
  if (claim.believed) {
    ASSERT_NE(busy.rig.result_of<ScsiCompletion>(busy.read), nullptr);
    EXPECT_EQ(busy.rig.result_of<ScsiCompletion>(busy.read)->bytes_in, claim.received);
  } else {
    EXPECT_EQ(busy.rig.fault_of(busy.read), TaskFault::data_missing);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Claims, Rfc7143_11_4_5_InitiatorResidual,
    ::testing::Values(
        Claim{"NoneAndAllIsHere", kReadLength, {}, true, true}, Claim{"NoneAndSomeIsMissing", 999, {}, true, false},
        Claim{"UnderflowOfWhatIsMissing", 600, {wire::Residual::Kind::underflow, 400}, true, true},
        Claim{"UnderflowOfLessThanIsMissing", 600, {wire::Residual::Kind::underflow, 399}, false, false},
        Claim{"UnderflowOfEverything", 0, {wire::Residual::Kind::underflow, kReadLength}, false, true},
        Claim{"UnderflowBeyondWhatWasExpected", 0, {wire::Residual::Kind::underflow, kReadLength + 1}, false, false},
        Claim{"UnderflowOfTheLargestCount", 10, {wire::Residual::Kind::underflow, 0xffffffff}, true, false},
        Claim{"OverflowAndAllIsHere", kReadLength, {wire::Residual::Kind::overflow, 0xffffffff}, true, true},
        Claim{"OverflowAndSomeIsMissing", 10, {wire::Residual::Kind::overflow, 5}, false, false}),
    [](const auto& one) { return one.param.name; });

TEST(Rfc7143_7_9_InitiatorR2t, DuplicateIsDiscarded) {
  Busy busy(Cut::whole);
  r2t(busy, r2t_for(busy.write, 0, 100));
  r2t(busy, r2t_for(busy.write, 0, 100));
  EXPECT_EQ(busy.rig.closed(), nullptr);
  EXPECT_EQ(busy.rig.sent.size(), 1U);
}

TEST(HostilePings, AFloodOfPingsIsHeldBack) {
  Busy busy(Cut::whole);
  // Nobody takes what the initiator wants to send.
  const wire::Header ping = wire::NopIn::build(busy.rig.windowed(wire::NopIn::Fields{.ttt = wire::Ttt(1)}));
  int taken = 0;
  while (taken < 1000 && busy.rig.connection.receive(busy.rig.time, ping) != 0) ++taken;
  EXPECT_EQ(taken, 32);
  EXPECT_FALSE(busy.rig.connection.wants_input());
  busy.rig.pump();
  EXPECT_TRUE(busy.rig.connection.wants_input());
  EXPECT_EQ(busy.rig.sent.size(), 32U);
}

TEST(Rfc7143_7_8_InitiatorHeaderDigest, AWrongOneEndsTheConnection) {
  InitiatorProfile profile = InitiatorRig::profile();
  profile.policy.header_digest = {text::Digest::crc32c};
  profile.policy.header_digest.offer = true;
  InitiatorRig rig(profile);
  rig.log_in();
  ASSERT_TRUE(rig.digests.header);
  rig.digests.header = false;
  std::vector<std::byte> bytes(52);
  copy_bytes(bytes, wire::NopIn::build(rig.windowed(wire::NopIn::Fields{.ttt = wire::Ttt(1)})));
  rig.deliver_bytes(bytes);
  ASSERT_NE(rig.closed(), nullptr);
  EXPECT_EQ(rig.closed()->reason, InitiatorCloseReason::header_digest);
}

// Random bytes behind a random opcode, with tags that exist: the connection may go on or end, but every task has its
// end and no byte lands outside a buffer.
TEST(HostileTarget, RandomHeadersNeverBreakTheEngine) {
  std::mt19937 random(20260);
  constexpr std::array<std::uint8_t, 12> kOpcodes{0x20, 0x21, 0x22, 0x23, 0x24, 0x25,
                                                  0x26, 0x31, 0x32, 0x3f, 0x01, 0x37};
  for (int round = 0; round < 2000; ++round) {
    Busy busy(static_cast<Cut>(random() % 3));
    for (int i = 0; i < 6 && busy.rig.closed() == nullptr; ++i) {
      wire::Header header;
      for (std::byte& byte : header) byte = random() % 3 == 0 ? static_cast<std::byte>(random()) : std::byte{0};
      header[0] = std::byte{kOpcodes[random() % kOpcodes.size()]};
      header[4] = std::byte{0};
      const std::array<TaskId, 3> tasks{busy.read, busy.write, busy.ping};
      store_be32(&header[16], Busy::itt(tasks[random() % 3]).value());
      wire::set_stat_sn(header, busy.rig.stat_sn);
      if (random() % 2 == 0) busy.rig.stat_sn = busy.rig.stat_sn.next();
      if (random() % 2 == 0) store_be64(&header[36], random() % 4);
      const auto length = static_cast<std::uint32_t>(random() % 1200);
      wire::set_data_segment_length(header, length);
      busy.rig.deliver(header, Bytes(filler(length)));
    }
    busy.rig.connection.transport_ended(busy.rig.time);
    busy.rig.pump();
    ASSERT_EQ(busy.rig.done.size(), 3U);
  }
}

}  // namespace
}  // namespace lunway::session
