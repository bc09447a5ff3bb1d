// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "requests.h"

#include <array>
#include <string>
#include <string_view>

#include "base/big_endian.h"
#include "wire/data_in.h"
#include "wire/header.h"
#include "wire/login_request.h"
#include "wire/outgoing.h"
#include "wire/scsi_command.h"
#include "wire/scsi_response.h"

namespace lunway::bench {
namespace {

/// The blocks that are used, spread over the volume so that not every command meets the same cache line.
constexpr std::uint32_t kBlocksUsed = 4096;
constexpr std::uint32_t kStride = 1021;
constexpr std::byte kRead10{0x28};
constexpr std::byte kWrite10{0x2a};

std::array<std::byte, wire::kHeaderCdbSize> cdb(std::byte code, std::uint32_t number) {
  std::array<std::byte, wire::kHeaderCdbSize> cdb{};
  cdb[0] = code;
  store_be32(&cdb[2], number * kStride % kBlocksUsed);
  store_be16(&cdb[7], 1);
  return cdb;
}

void append(std::vector<std::byte>& to, const wire::Header& header, Bytes data) {
  const wire::EncodedPdu pdu(header, data, {});
  for (const Bytes piece : pdu.pieces()) to.insert(to.end(), piece.begin(), piece.end());
}

/// The size of a PDU that ends a command well; 0 when `bytes` begin otherwise.
std::size_t good_end_size(Bytes bytes) {
  if (bytes.size() < wire::kHeaderSize) return 0;
  const wire::HeaderView header(bytes.data(), wire::kHeaderSize);
  if (const auto data_in = wire::DataIn::parse(header)) {
    const bool good = data_in->has_status() && data_in->status() == wire::ScsiStatus::good;
    return good && data_in->data_segment_length() == kBlockBytes ? wire::kHeaderSize + kBlockBytes : 0;
  }
  const auto response = wire::ScsiResponse::parse(header);
  return response && response->status() == wire::ScsiStatus::good ? wire::kHeaderSize : 0;
}

}  // namespace

std::vector<std::byte> Requests::login() {
  using namespace std::string_view_literals;
  constexpr std::string_view kKeys =
      "InitiatorName=iqn.2026-11.io.lunway:counter\0"
      "TargetName=iqn.2026-11.io.lunway:disk\0"
      "InitialR2T=No\0"
      "ImmediateData=Yes\0"sv;
  wire::LoginRequest::Fields fields;
  fields.flags.transit = true;
  fields.flags.csg = wire::LoginStage::login_operational_negotiation;
  fields.flags.nsg = wire::LoginStage::full_feature_phase;
  fields.itt = wire::Itt(1);
  fields.cmd_sn = wire::CmdSN(1);
  std::vector<std::byte> bytes;
  append(bytes, wire::LoginRequest::build(fields), bytes_of(kKeys));
  return bytes;
}

std::vector<std::byte> Requests::test_unit_ready() {
  std::vector<std::byte> bytes;
  append(bytes, wire::ScsiCommand::build({.itt = wire::Itt(cmd_sn_), .cmd_sn = wire::CmdSN(cmd_sn_)}), {});
  ++cmd_sn_;
  ++exp_stat_sn_;
  return bytes;
}

std::vector<std::byte> Requests::next_batch() {
  static constexpr std::array<std::byte, kBlockBytes> kBlock{};
  std::vector<std::byte> bytes;
  for (std::uint32_t i = 0; i < kDepth; ++i) {
    const bool read = is_read(i);
    wire::ScsiCommand::Fields fields;
    fields.read = read;
    fields.write = !read;
    fields.itt = wire::Itt(cmd_sn_);
    fields.expected_data_transfer_length = kBlockBytes;
    fields.cmd_sn = wire::CmdSN(cmd_sn_);
    fields.exp_stat_sn = wire::StatSN(exp_stat_sn_);
    fields.cdb = cdb(read ? kRead10 : kWrite10, cmd_sn_);
    append(bytes, wire::ScsiCommand::build(fields), read ? Bytes() : Bytes(kBlock));
    ++cmd_sn_;
  }
  exp_stat_sn_ += kDepth;
  return bytes;
}

void Requests::renumber(std::vector<std::byte>& batch) {
  std::byte* pdu = batch.data();
  for (std::uint32_t i = 0; i < kDepth; ++i) {
    store_be32(pdu + 16, cmd_sn_);  // the task tag is the same number
    store_be32(pdu + 24, cmd_sn_);
    store_be32(pdu + 28, exp_stat_sn_);
    pdu += wire::kHeaderSize + (is_read(i) ? 0 : kBlockBytes);
    ++cmd_sn_;
  }
  exp_stat_sn_ += kDepth;
}

// In any order: the status of a write overtakes the data of a read.
bool Requests::are_answers(Bytes answers) {
  std::uint32_t ended = 0;
  while (!answers.empty()) {
    const std::size_t size = good_end_size(answers);
    if (size == 0 || size > answers.size()) return false;
    answers = answers.subspan(size);
    ++ended;
  }
  return ended == kDepth;
}

std::size_t Requests::answer_bytes() { return kDepth * wire::kHeaderSize + kDepth / 2 * kBlockBytes; }

}  // namespace lunway::bench
