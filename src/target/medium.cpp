// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "target/medium.h"

#include <cerrno>
#include <utility>

namespace lunway::target {
namespace {

using VolumeVerb = volume::VolumeRequest::Verb;

VolumeVerb verb_of(scsi::Access::Verb verb) {
  using From = scsi::Access::Verb;
  switch (verb) {
    case From::read:
      return VolumeVerb::read;
    case From::write:
      return VolumeVerb::write;
    case From::flush:
      return VolumeVerb::flush;
    case From::discard:
      return VolumeVerb::discard;
    case From::zero:
      return VolumeVerb::zero;
  }
  std::unreachable();
}

}  // namespace

volume::VolumeRequest request_of(const scsi::Access& access) {
  return {.verb = verb_of(access.verb),
          .offset = access.offset,
          .length = access.verb == scsi::Access::Verb::flush ? 0 : access.length,
          .buffer = access.memory};
}

scsi::Outcome outcome_of(VolumeVerb verb, int error) {
  using Failure = scsi::Outcome::Failure;
  if (error == 0) return scsi::Outcome::done();
  if (verb == VolumeVerb::flush) return scsi::Outcome::failed(Failure::flush_failed);
  if (error == ENOSPC || error == EDQUOT) return scsi::Outcome::failed(Failure::out_of_space);
  const bool reads = verb == VolumeVerb::read || verb == VolumeVerb::map;
  return scsi::Outcome::failed(reads ? Failure::read_failed : Failure::write_failed);
}

}  // namespace lunway::target
