// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "session/command/read_transfer.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <vector>

#include "session/command/residual.h"

namespace lunway::session {
namespace {

TEST(Rfc7143_11_7_1_TargetReadTransfer, IsWholeAndWithinLimitsHoweverItIsCut) {
  rc::check([] {
    const auto sizes = *rc::gen::container<std::vector<std::uint16_t>>(rc::gen::inRange<std::uint16_t>(0, 3000));
    const auto max_data = *rc::gen::inRange<std::uint32_t>(512, 4096);
    const auto max_burst = *rc::gen::inRange<std::uint32_t>(512, 9000);
    std::vector<std::vector<std::byte>> memory;
    std::vector<Bytes> pieces;
    std::vector<std::byte> all;
    for (const std::uint16_t size : sizes) {
      memory.emplace_back(size, std::byte(static_cast<std::uint8_t>(memory.size())));
      all.insert(all.end(), memory.back().begin(), memory.back().end());
    }
    for (const auto& piece : memory) pieces.emplace_back(piece);

    ReadTransfer read;
    read.begin(pieces, static_cast<std::uint32_t>(all.size()));
    std::vector<std::byte> sent;
    std::uint32_t burst = 0;
    while (!read.done()) {
      const auto pdu = read.next(max_data, max_burst);
      RC_ASSERT(!pdu.data.empty() && pdu.data.size() <= max_data);
      RC_ASSERT(pdu.buffer_offset == sent.size());
      sent.insert(sent.end(), pdu.data.begin(), pdu.data.end());
      burst += static_cast<std::uint32_t>(pdu.data.size());
      RC_ASSERT(burst <= max_burst);
      RC_ASSERT(pdu.last == (sent.size() == all.size()));
      RC_ASSERT(pdu.final == (pdu.last || burst == max_burst));
      if (pdu.final) burst = 0;
    }
    RC_ASSERT(sent == all);
  });
}

TEST(Rfc7143_11_7_1_TargetReadTransfer, SkipsToWherePdusOneByOneWouldLead) {
  rc::check([] {
    const auto sizes = *rc::gen::container<std::vector<std::uint16_t>>(rc::gen::inRange<std::uint16_t>(0, 9000));
    const auto max_data = *rc::gen::inRange<std::uint32_t>(512, 4096);
    const auto max_burst = *rc::gen::inRange<std::uint32_t>(512, 9000);
    const auto count = *rc::gen::inRange<std::uint32_t>(0, 60);
    std::vector<std::vector<std::byte>> memory;
    std::uint32_t length = 0;
    for (const std::uint16_t size : sizes) {
      memory.emplace_back(size);
      length += size;
    }
    std::vector<Bytes> pieces(memory.begin(), memory.end());
    ReadTransfer skipped;
    skipped.begin(pieces, length);
    ReadTransfer stepped = skipped;
    skipped.skip(count, max_data, max_burst);
    for (std::uint32_t i = 0; i < count && !stepped.done(); ++i) stepped.next(max_data, max_burst);
    while (!stepped.done()) {
      RC_ASSERT(!skipped.done());
      const auto expected = stepped.next(max_data, max_burst);
      const auto pdu = skipped.next(max_data, max_burst);
      RC_ASSERT(pdu.buffer_offset == expected.buffer_offset && pdu.data.data() == expected.data.data() &&
                pdu.data.size() == expected.data.size() && pdu.final == expected.final && pdu.last == expected.last);
    }
    RC_ASSERT(skipped.done());
  });
}

TEST(Rfc7143_11_7_1_TargetReadTransfer, OfNothingIsDoneAtOnce) {
  ReadTransfer read;
  read.begin({}, 0);
  EXPECT_TRUE(read.done());
}

TEST(Rfc7143_11_4_5_2_TargetResidual, ComparesWhatWasPresentedWithWhatWasExpected) {
  using Kind = wire::Residual::Kind;
  EXPECT_EQ(residual(512, 512), wire::Residual());
  EXPECT_EQ(residual(0, 512), (wire::Residual{Kind::underflow, 512}));
  EXPECT_EQ(residual(600, 512), (wire::Residual{Kind::overflow, 88}));
  EXPECT_EQ(residual(1ULL << 40, 0), (wire::Residual{Kind::overflow, 0xffffffff})) << "as much as the field can say";
}

}  // namespace
}  // namespace lunway::session
