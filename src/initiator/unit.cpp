// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "initiator/unit.h"

#include <utility>

#include "initiator/cdb.h"
#include "initiator/errors.h"
#include "initiator/sense.h"

namespace lunway::initiator {
namespace {

constexpr std::uint32_t kCapacity16Bytes = 32;
constexpr std::uint32_t kCapacity10Bytes = 8;
constexpr std::uint16_t kBlockLimitsBytes = 64;
constexpr std::uint8_t kBlockLimitsPage = 0xb0;

Error unreadable(const char* what) {
  return {ErrorKind::protocol, 0, std::string(what) + ": the answer is too short or makes no sense"};
}

bool is_illegal_request(const Result<ScsiResult>& result) {
  return result && result->sense && result->sense->key == kSenseKeyIllegalRequest;
}

}  // namespace

Unit::Unit(Commander& commander) : commander_(commander) {
  commander_.on_unit_attention([this](const Sense& sense) {
    if (!changes_what_we_know(sense)) return;
    facts_.reset();
    draft_is_outdated_ = true;
  });
}

void Unit::ask(Known known) {
  if (facts_) return known(*facts_);
  curious_.push_back(std::move(known));
  if (curious_.size() == 1) read_capacity_16();
}

void Unit::read_capacity_16() {
  draft_ = {};
  buffer_.assign(kCapacity16Bytes, std::byte{0});
  const auto done = [this](Result<ScsiResult> result) {
    // What was news before this answer is in it.
    draft_is_outdated_ = false;
    // An old disk does not know it.
    if (is_illegal_request(result)) return read_capacity_10();
    if (!result) return tell(std::unexpected(result.error()));
    if (!result->good()) return tell(std::unexpected(to_error(*result)));
    const auto capacity = parse_capacity_16(Bytes(buffer_).first(result->bytes_in));
    if (!capacity) return tell(std::unexpected(unreadable("READ CAPACITY(16)")));
    draft_.capacity = *capacity;
    block_limits();
  };
  const auto task =
      commander_.submit({.cdb = read_capacity_16_cdb(kCapacity16Bytes).to_vector(), .data_in = buffer_}, done);
  if (!task) tell(std::unexpected(task.error()));
}

void Unit::read_capacity_10() {
  buffer_.assign(kCapacity10Bytes, std::byte{0});
  const auto done = [this](Result<ScsiResult> result) {
    if (!result) return tell(std::unexpected(result.error()));
    if (!result->good()) return tell(std::unexpected(to_error(*result)));
    const auto capacity = parse_capacity_10(Bytes(buffer_).first(result->bytes_in));
    if (!capacity) return tell(std::unexpected(unreadable("READ CAPACITY(10)")));
    draft_.capacity = *capacity;
    block_limits();
  };
  const auto task = commander_.submit({.cdb = read_capacity_10_cdb().to_vector(), .data_in = buffer_}, done);
  if (!task) tell(std::unexpected(task.error()));
}

/// A unit without the page has no limits to tell.
void Unit::block_limits() {
  buffer_.assign(kBlockLimitsBytes, std::byte{0});
  const auto done = [this](Result<ScsiResult> result) {
    if (!result) return tell(std::unexpected(result.error()));
    if (result->good()) parse_block_limits(Bytes(buffer_).first(result->bytes_in), draft_);
    tell(draft_);
  };
  const auto task = commander_.submit(
      {.cdb = vital_product_data_cdb(kBlockLimitsPage, kBlockLimitsBytes).to_vector(), .data_in = buffer_}, done);
  if (!task) tell(std::unexpected(task.error()));
}

void Unit::tell(Result<UnitFacts> facts) {
  if (facts && !draft_is_outdated_) facts_ = *facts;
  for (Known& known : std::exchange(curious_, {})) known(facts);
}

}  // namespace lunway::initiator
