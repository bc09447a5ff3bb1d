// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "initiator/unmap.h"

#include <algorithm>
#include <utility>

#include "base/big_endian.h"
#include "initiator/cdb.h"
#include "initiator/errors.h"

namespace lunway::initiator {
namespace {

constexpr std::size_t kHeaderBytes = 8;
constexpr std::size_t kDescriptorBytes = 16;
/// The length field of the CDB has 16 bits.
constexpr std::size_t kExtentsMax = (0xffff - kHeaderBytes) / kDescriptorBytes;

}  // namespace

std::vector<std::byte> unmap_parameter_list(std::span<const Extent> extents) {
  std::vector<std::byte> list(kHeaderBytes + extents.size() * kDescriptorBytes);
  store_be16(list.data(), static_cast<std::uint16_t>(list.size() - 2));
  store_be16(list.data() + 2, static_cast<std::uint16_t>(list.size() - kHeaderBytes));
  std::byte* at = list.data() + kHeaderBytes;
  for (const Extent& extent : extents) {
    store_be64(at, extent.lba);
    store_be32(at + 8, extent.blocks);
    at += kDescriptorBytes;
  }
  return list;
}

Unmap::Unmap(Commander& commander, std::span<const Extent> extents, Done done)
    : commander_(commander), extents_(extents.begin(), extents.end()), done_(std::move(done)) {}

void Unmap::start(const Result<UnitFacts>& facts) {
  if (!facts) return done_(std::unexpected(facts.error()));
  facts_ = *facts;
  send_next();
}

void Unmap::abort() {
  aborted_ = true;
  if (task_) commander_.abort(*task_);
}

/// As many as one command may carry; the last of them may be cut.
std::vector<Extent> Unmap::take_extents() {
  std::vector<Extent> taken;
  std::uint32_t room = facts_.max_unmap_blocks;
  const std::size_t most = std::min<std::size_t>(facts_.max_unmap_extents, kExtentsMax);
  while (!extents_.empty() && taken.size() < most && room != 0) {
    Extent& front = extents_.front();
    const std::uint32_t blocks = std::min(front.blocks, room);
    if (blocks != 0) taken.push_back({.lba = front.lba, .blocks = blocks});
    room -= blocks;
    front.lba += blocks;
    front.blocks -= blocks;
    if (front.blocks == 0) extents_.pop_front();
  }
  return taken;
}

void Unmap::send_next() {
  task_.reset();
  if (aborted_) return done_(std::unexpected(to_error(session::TaskFailure{})));
  const std::vector<Extent> extents = take_extents();
  if (extents.empty()) return done_({});
  list_ = unmap_parameter_list(extents);
  const auto answered = [this](const Result<ScsiResult>& result) {
    if (!result) return done_(std::unexpected(result.error()));
    if (!result->good()) return done_(std::unexpected(to_error(*result)));
    send_next();
  };
  const auto task = commander_.submit(
      {.cdb = unmap_cdb(static_cast<std::uint16_t>(list_.size())).to_vector(), .data_out = list_}, answered);
  if (!task) return done_(std::unexpected(task.error()));
  task_ = *task;
}

}  // namespace lunway::initiator
