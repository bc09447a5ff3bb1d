// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "simulator/workload/request.h"

#include <algorithm>

#include "base/big_endian.h"
#include "simulator/workload/block_pattern.h"
#include "wire/lun.h"

namespace lunway::simulator {
namespace {

using session::ScsiCompletion;
using wire::ScsiStatus;

constexpr std::byte kRead16{0x88};
constexpr std::byte kWrite16{0x8a};
constexpr std::byte kCompareAndWrite{0x89};
constexpr std::byte kSynchronizeCache16{0x91};
constexpr std::byte kForceUnitAccess{0x08};
constexpr std::uint8_t kMiscompare = 0x0e;

std::vector<std::byte> cdb_16(std::byte code, std::uint64_t lba, std::uint32_t blocks, bool forced) {
  std::vector<std::byte> cdb(16);
  cdb[0] = code;
  if (forced) cdb[1] = kForceUnitAccess;
  store_be64(&cdb[2], lba);
  store_be32(&cdb[10], blocks);
  return cdb;
}

Request range(Random& random, const DiskShape& shape, std::uint32_t most_blocks) {
  Request request;
  request.unit = random.between32(0, shape.units - 1);
  request.blocks = random.any_size(1, most_blocks);
  request.first_block = random.below(shape.blocks - request.blocks + 1);
  request.cdb_bytes = request.blocks * shape.block_size;
  request.forced = random.one_in(6);
  return request;
}

MutableBytes block(std::vector<std::byte>& data, std::size_t index, const DiskShape& shape) {
  return MutableBytes(data).subspan(index * shape.block_size, shape.block_size);
}

BlockHistory::Place place(const Request& request, std::size_t index) {
  return {request.unit, request.first_block + index};
}

std::optional<std::string> check_read(BlockHistory& history, const DiskShape& shape, const Request& request,
                                      const ScsiCompletion& completion) {
  const auto wanted = static_cast<std::uint32_t>(request.data_in.size());
  const std::uint32_t moved = std::min(wanted, request.cdb_bytes);
  wire::Residual residual;
  if (wanted > request.cdb_bytes) residual = {wire::Residual::Kind::underflow, wanted - request.cdb_bytes};
  if (wanted < request.cdb_bytes) residual = {wire::Residual::Kind::overflow, request.cdb_bytes - wanted};
  if (completion.bytes_in != moved) return "a READ that is GOOD did not bring all its bytes";
  if (completion.residual != residual) return "a READ that is GOOD has a wrong residual";
  for (std::size_t i = 0; (i + 1) * shape.block_size <= moved; ++i) {
    const auto value = value_of(Bytes(request.data_in).subspan(i * shape.block_size, shape.block_size));
    if (!value) return "a READ brought a block that is no block";
    history.read(place(request, i), *value, request.begin);
  }
  return std::nullopt;
}

std::optional<std::string> check_write(BlockHistory& history, const DiskShape& shape, const Request& request,
                                       const ScsiCompletion& completion) {
  const auto offered = static_cast<std::uint32_t>(request.data_out.size());
  const std::uint32_t moves =
      request.kind == RequestKind::compare_and_write ? 2 * request.cdb_bytes : request.cdb_bytes;
  wire::Residual residual;
  if (offered > moves) residual = {wire::Residual::Kind::underflow, offered - moves};
  if (completion.residual != residual) return "a write that is GOOD has a wrong residual";
  for (std::size_t i = 0; i < request.values.size(); ++i) {
    history.write_acknowledged(place(request, i), request.values[i], request.forced || shape.writes_through);
  }
  return std::nullopt;
}

bool is_miscompare(const ScsiCompletion& completion) {
  return completion.status == ScsiStatus::check_condition && completion.sense.size() > 2 &&
         (load_u8(&completion.sense[2]) & 0x0f) == kMiscompare;
}

}  // namespace

session::ScsiRequest Request::scsi() const {
  return {.lun = wire::Lun::from_flat(unit),
          .cdb = cdb,
          .data_out = data_out,
          .data_in = MutableBytes(const_cast<std::byte*>(data_in.data()), data_in.size())};
}

Request make_read(Random& random, const DiskShape& shape, std::uint32_t most_blocks) {
  Request request = range(random, shape, most_blocks);
  request.kind = RequestKind::read;
  request.cdb = cdb_16(kRead16, request.first_block, request.blocks, request.forced);
  std::uint32_t size = request.cdb_bytes;
  if (random.one_in(12)) size += random.between32(1, 3000);
  if (random.one_in(12)) size = random.between32(1, request.cdb_bytes);
  request.data_in.resize(size);
  return request;
}

Request make_write(Random& random, const DiskShape& shape, std::uint32_t most_blocks, BlockHistory::Value& last_value) {
  Request request = range(random, shape, most_blocks);
  request.kind = RequestKind::write;
  request.cdb = cdb_16(kWrite16, request.first_block, request.blocks, request.forced);
  request.data_out.resize(request.cdb_bytes + (random.one_in(12) ? random.between32(1, 3000) : 0));
  for (std::uint32_t i = 0; i < request.blocks; ++i) {
    request.values.push_back(++last_value);
    fill_block(block(request.data_out, i, shape), last_value);
  }
  return request;
}

Request make_compare_and_write(Random& random, const DiskShape& shape, std::uint64_t where, std::uint32_t unit,
                               BlockHistory::Value seen, BlockHistory::Value& last_value) {
  Request request;
  request.kind = RequestKind::compare_and_write;
  request.unit = unit;
  request.first_block = where;
  request.blocks = 1;
  request.cdb_bytes = shape.block_size;
  request.forced = random.one_in(6);
  request.cdb = cdb_16(kCompareAndWrite, where, 0, request.forced);
  request.cdb[13] = std::byte{1};
  request.data_out.resize(std::size_t{2} * shape.block_size);
  request.compared = {seen};
  request.values = {++last_value};
  fill_block(block(request.data_out, 0, shape), seen);
  fill_block(block(request.data_out, 1, shape), last_value);
  return request;
}

Request make_flush(const DiskShape& /*shape*/, std::uint32_t unit) {
  Request request;
  request.kind = RequestKind::flush;
  request.unit = unit;
  request.cdb = cdb_16(kSynchronizeCache16, 0, 0, false);
  return request;
}

/// TEST UNIT READY, INQUIRY, READ CAPACITY(10), REPORT LUNS; now and then to a unit that nobody has.
Request make_other(Random& random, const DiskShape& shape) {
  Request request;
  request.unit = random.between32(0, random.one_in(8) ? shape.units : shape.units - 1);
  const auto code = random.pick({std::byte{0x00}, std::byte{0x12}, std::byte{0x25}, std::byte{0xa0}});
  request.cdb.resize(12);
  request.cdb[0] = code;
  if (code == std::byte{0x00}) return request;
  const std::uint32_t size = random.between32(16, 600);
  if (code == std::byte{0x12}) store_be16(&request.cdb[3], static_cast<std::uint16_t>(size));
  if (code == std::byte{0xa0}) store_be32(&request.cdb[6], size);
  request.data_in.resize(size);
  return request;
}

void begin(BlockHistory& history, Request& request) {
  request.begin = history.tick();
  for (std::size_t i = 0; i < request.values.size(); ++i) {
    const bool compares = !request.compared.empty();
    history.write_begins(place(request, i), request.values[i],
                         compares ? std::optional(request.compared[i]) : std::nullopt);
  }
}

std::optional<std::string> end(BlockHistory& history, const DiskShape& shape, const Request& request,
                               const session::TaskResult& result, bool over) {
  const auto* completion = std::get_if<ScsiCompletion>(&result);
  if (completion != nullptr && completion->status == ScsiStatus::good) {
    if (request.kind == RequestKind::read) return check_read(history, shape, request, *completion);
    if (request.kind == RequestKind::flush) history.flushed(request.unit, request.begin);
    if (!request.values.empty()) return check_write(history, shape, request, *completion);
    return std::nullopt;
  }
  if (completion != nullptr && !request.compared.empty() && is_miscompare(*completion)) {
    history.comparison_failed(place(request, 0), request.compared[0], request.begin);
  }
  for (std::size_t i = 0; over && i < request.values.size(); ++i)
    history.write_over(place(request, i), request.values[i]);
  return std::nullopt;
}

}  // namespace lunway::simulator
