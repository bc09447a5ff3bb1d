// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A fixture for ladders of the Full Feature Phase: I is the engine, T is the test.

#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "session/testing/initiator_rig.h"
#include "wire/data_in.h"
#include "wire/data_out.h"
#include "wire/ready_to_transfer.h"
#include "wire/scsi_command.h"
#include "wire/scsi_response.h"

namespace lunway::session {

inline constexpr std::array<std::byte, 6> kCdb{std::byte{0x12}};

struct FullFeature : ::testing::Test {
  explicit FullFeature(InitiatorProfile profile = InitiatorRig::profile()) : rig(std::move(profile)) {
    std::iota(reinterpret_cast<unsigned char*>(pattern.data()),
              reinterpret_cast<unsigned char*>(pattern.data()) + pattern.size(), static_cast<unsigned char>(1));
  }

  TaskId submit(Bytes out, MutableBytes in, Duration timeout = Duration::zero()) {
    const auto task = rig.session.submit(
        rig.time, {.lun = wire::Lun::from_flat(3), .cdb = kCdb, .data_out = out, .data_in = in, .timeout = timeout});
    EXPECT_TRUE(task);
    rig.pump();
    return task.value_or(TaskId{});
  }
  TaskId read(std::size_t length, Duration timeout = Duration::zero()) {
    buffer.assign(length, std::byte{0xee});
    return submit({}, buffer, timeout);
  }
  TaskId write(std::size_t length) { return submit(Bytes(pattern).first(length), {}); }

  template <class Pdu>
  typename Pdu::Fields sent() {
    last = rig.next_sent();
    EXPECT_EQ(last.opcode(), Pdu::kOpcode);
    return Pdu(last.header).fields();
  }
  void data_in(wire::Itt itt, std::uint32_t sn, std::uint32_t offset, std::uint32_t length, bool status = false,
               bool final = true) {
    wire::DataIn::Fields fields{
        .final = final, .has_status = status, .itt = itt, .data_sn = wire::DataSN(sn), .buffer_offset = offset};
    fields = status ? rig.numbered(fields) : rig.windowed(fields);
    rig.deliver(wire::DataIn::build(fields), Bytes(pattern).subspan(offset, length));
  }
  void respond(wire::Itt itt, wire::ScsiResponse::Fields fields = {}, Bytes data = {}) {
    fields.itt = itt;
    rig.deliver(wire::ScsiResponse::build(rig.numbered(fields)), data);
  }
  void r2t(wire::Itt itt, std::uint32_t sn, std::uint32_t offset, std::uint32_t length) {
    rig.deliver(wire::ReadyToTransfer::build(
        rig.windowed(wire::ReadyToTransfer::Fields{.lun = wire::Lun::from_flat(3),
                                                   .itt = itt,
                                                   .ttt = wire::Ttt(0x500 + sn),
                                                   .r2t_sn = wire::R2TSN(sn),
                                                   .buffer_offset = offset,
                                                   .desired_data_transfer_length = length})));
  }
  void expect_data_out(std::uint32_t ttt, std::uint32_t sn, std::uint32_t offset, std::uint32_t length, bool final) {
    const auto fields = sent<wire::DataOut>();
    EXPECT_EQ(fields.ttt, wire::Ttt(ttt));
    EXPECT_EQ(fields.data_sn, wire::DataSN(sn));
    EXPECT_EQ(fields.buffer_offset, offset);
    EXPECT_EQ(fields.final, final);
    EXPECT_TRUE(std::ranges::equal(last.data, Bytes(pattern).subspan(offset, length)));
  }
  const ScsiCompletion* completion(TaskId task) const { return rig.result_of<ScsiCompletion>(task); }

  InitiatorRig rig;
  std::vector<std::byte> pattern = std::vector<std::byte>(1 << 20);
  std::vector<std::byte> buffer;
  SentPdu last;
};

}  // namespace lunway::session
