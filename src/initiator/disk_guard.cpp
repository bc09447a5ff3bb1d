// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "initiator/disk_guard.h"

#include <chrono>
#include <utility>
#include <variant>

#include "initiator/errors.h"
#include "initiator/sense.h"
#include "initiator/unit.h"

namespace lunway::initiator {
namespace {

constexpr std::uint8_t kSerialPage = 0x80;
constexpr std::uint8_t kDesignatorPage = 0x83;
constexpr std::uint16_t kPageBytes = 1024;
constexpr std::uint32_t kCapacity16Bytes = 32;
/// Disks that one session is known to use: commands to others are not repeated.
constexpr std::size_t kDisksMax = 256;
/// A disk that is there again but not ready yet.
constexpr Duration kPause = std::chrono::milliseconds(200);
constexpr unsigned kAttemptsMax = 50;

constexpr std::uint8_t kSenseKeyNotReady = 0x02;

}  // namespace

DiskGuard::DiskGuard(Client& client)
    : client_(client), timer_(runtime::Timer::calling<&DiskGuard::wake>(client.loop().timers(), this)) {}

void DiskGuard::learn(std::uint16_t lun) {
  const bool comes_back = client_.options().reconnect_time.count() != 0;
  if (!comes_back || client_.is_recovering() || disks_.contains(lun) || disks_.size() == kDisksMax) return;
  disks_.emplace(lun, std::nullopt);
  due_.push_back(lun);
  next();
}

bool DiskGuard::knows(std::uint16_t lun) const {
  const auto at = disks_.find(lun);
  return at != disks_.end() && at->second.has_value();
}

void DiskGuard::verify(Verified verified) {
  ++round_;
  timer_.disarm();
  inquest_.reset();
  due_.clear();
  std::erase_if(disks_, [](const auto& disk) { return !disk.second; });
  for (const auto& [lun, identity] : disks_) due_.push_back(lun);
  verified_ = std::move(verified);
  next();
}

void DiskGuard::next() {
  if (inquest_) return;
  if (due_.empty()) {
    if (verified_) std::exchange(verified_, {})({});
    return;
  }
  inquest_ = Inquest{.lun = due_.front()};
  due_.pop_front();
  ask();
}

void DiskGuard::ask() {
  Cdb cdb(0);
  switch (inquest_->step) {
    case Step::serial:
      cdb = vital_product_data_cdb(kSerialPage, kPageBytes);
      break;
    case Step::designators:
      cdb = vital_product_data_cdb(kDesignatorPage, kPageBytes);
      break;
    case Step::capacity_16:
      cdb = read_capacity_16_cdb(kCapacity16Bytes);
      break;
    case Step::capacity_10:
      cdb = read_capacity_10_cdb();
      break;
  }
  buffer_.assign(kPageBytes, std::byte{0});
  const bool is_page = inquest_->step == Step::serial || inquest_->step == Step::designators;
  const std::size_t size = is_page ? kPageBytes : inquest_->step == Step::capacity_16 ? kCapacity16Bytes : 8;
  const auto asked = client_.probe({.lun = wire::Lun::from_flat(inquest_->lun),
                                    .cdb = cdb.bytes(),
                                    .data_in = MutableBytes(buffer_).first(size),
                                    .timeout = client_.options().command_timeout},
                                   [this, round = round_](const session::TaskResult& result) {
                                     if (round == round_) answered(result);
                                   });
  if (!asked) abandon(asked.error());
}

void DiskGuard::answered(const session::TaskResult& result) {
  if (!inquest_) return;
  const auto* completion = std::get_if<session::ScsiCompletion>(&result);
  if (completion == nullptr) {
    const auto* failure = std::get_if<session::TaskFailure>(&result);
    using session::TaskFault;
    const bool is_damaged =
        failure != nullptr && (failure->fault == TaskFault::data_digest || failure->fault == TaskFault::data_refused ||
                               failure->fault == TaskFault::data_missing);
    if (is_damaged && ++inquest_->attempts < kAttemptsMax) return ask();
    return abandon(to_error(failure != nullptr ? *failure : session::TaskFailure{}));
  }
  const auto status = static_cast<std::uint8_t>(completion->status);
  std::optional<Sense> sense;
  if (completion->status == wire::ScsiStatus::check_condition) sense = parse_sense(completion->sense);
  take(status, sense, Bytes(buffer_).first(completion->bytes_in));
}

void DiskGuard::take(std::uint8_t status, const std::optional<Sense>& sense, Bytes data) {
  Inquest& inquest = *inquest_;
  if (sense && sense->key == kSenseKeyUnitAttention && on_unit_attention_) on_unit_attention_(inquest.lun, *sense);
  const Advice advice = advise(status, sense);
  const bool not_ready = sense && sense->key == kSenseKeyNotReady;
  if (advice != Advice::report || not_ready) {
    if (++inquest.attempts == kAttemptsMax)
      return abandon({ErrorKind::timed_out, 0, "the disk is not ready to say what it is"});
    if (advice == Advice::repeat_at_once) return ask();
    return timer_.arm(client_.loop().now() + kPause);
  }
  const bool good = status == kStatusGood;
  // Whoever does not know a question has no answer to it.
  const bool is_unknown = sense && sense->key == kSenseKeyIllegalRequest;
  if (!good && !is_unknown)
    return abandon({ErrorKind::scsi, status, "the disk does not say what it is: " + status_name(status)});
  switch (inquest.step) {
    case Step::serial:
      if (good) inquest.found.serial = parse_serial(data);
      return advance(Step::designators);
    case Step::designators:
      if (good) inquest.found.designators = parse_designators(data);
      return advance(Step::capacity_16);
    case Step::capacity_16:
      if (!good) return advance(Step::capacity_10);
      inquest.found.capacity = parse_capacity_16(data);
      return concluded();
    case Step::capacity_10:
      if (good) inquest.found.capacity = parse_capacity_10(data);
      return concluded();
  }
}

void DiskGuard::advance(Step step) {
  inquest_->step = step;
  ask();
}

void DiskGuard::concluded() {
  Inquest inquest = std::move(*inquest_);
  inquest_.reset();
  std::optional<DiskIdentity>& known = disks_[inquest.lun];
  if (verified_ && known) {
    const std::string other = difference(*known, inquest.found);
    if (!other.empty())
      return std::exchange(verified_, {})(
          std::unexpected(Error{ErrorKind::connection_lost, 0,
                                "LUN " + std::to_string(inquest.lun) + " is not known to be the same disk: " + other}));
  }
  // One that says nothing of itself stays unknown.
  if (!inquest.found.serial.empty() || !inquest.found.designators.empty()) known = std::move(inquest.found);
  next();
}

/// A session that was lost begins anew by itself, and the questions with it.
void DiskGuard::abandon(Error error) {
  inquest_.reset();
  if (error.kind == ErrorKind::connection_lost) return;
  if (verified_) return std::exchange(verified_, {})(std::unexpected(std::move(error)));
  next();
}

void DiskGuard::wake(Instant /*at*/) {
  if (inquest_) ask();
}

}  // namespace lunway::initiator
